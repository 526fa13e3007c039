using System.Diagnostics;
using DistTrain.Cli.Chaos;

namespace DistTrain.Cli.Tests.Chaos;

/// <summary>What is done to a real process of the system.</summary>
[Trait("Kind", "Process")]
public sealed class SignalsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task A_process_whose_files_are_limited_sees_an_error_and_writes_again_afterwards()
    {
        // Inherited over fork and exec, as by the servers.
        Signals.IgnoreFileSizeSignal();
        using var shell = Start($"while read line; do if echo $line >> {_folder["written"]}; then echo done; else echo full; fi; done 2> /dev/null");
        try
        {
            Assert.Equal("done", await AnswerAsync("first"));
            Assert.True(Signals.LimitFiles(shell.Id, writable: false));
            Assert.Equal("full", await AnswerAsync("second"));
            Assert.True(Signals.LimitFiles(shell.Id, writable: true));
            Assert.Equal("done", await AnswerAsync("third"));
            Assert.Equal(["first", "third"], await File.ReadAllLinesAsync(_folder["written"]));
        }
        finally
        {
            shell.Kill();
        }

        async Task<string?> AnswerAsync(string line)
        {
            await shell.StandardInput.WriteLineAsync(line);
            return await shell.StandardOutput.ReadLineAsync().For("an answer");
        }
    }

    [Fact]
    public async Task A_stopped_process_waits_and_goes_on_and_a_killed_one_is_gone()
    {
        using var shell = Start("while read line; do echo $line; done");
        try
        {
            Assert.True(Signals.Stop(shell.Id));
            // A signal to a process that runs on another core is seen a moment later.
            await Waiting.UntilAsync(() => StateOf(shell) == 'T', "the stop", () => $"its state is {StateOf(shell)}");
            await shell.StandardInput.WriteLineAsync("hello");
            var answer = shell.StandardOutput.ReadLineAsync();
            Assert.False(answer.IsCompleted);
            Assert.True(Signals.Continue(shell.Id));
            Assert.Equal("hello", await answer.For("an answer"));
        }
        finally
        {
            Assert.True(Signals.Kill(shell.Id));
            await shell.WaitForExitAsync().For("the end");
        }

        Assert.Equal(137, shell.ExitCode);
        Assert.False(Signals.Kill(shell.Id));
        Assert.False(Signals.LimitFiles(shell.Id, writable: false));
    }

    public void Dispose() => _folder.Dispose();

    private static char StateOf(Process process) => File.ReadAllText($"/proc/{process.Id}/stat").Split(") ")[1][0];

    private static Process Start(string script) => Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script])
    {
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;
}
