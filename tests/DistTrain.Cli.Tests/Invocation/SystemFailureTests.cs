using System.Net.Sockets;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Tests.Doubles;

namespace DistTrain.Cli.Tests.Invocation;

/// <summary>
/// The edges of the program, each with real failures of the system: its words are kept, what they mean is said, and no type of an exception.
/// Linux has a device that is always full, links that lead to themselves, and folders in which nobody makes a file.
/// </summary>
[Trait("Kind", "Fast")]
public sealed class SystemFailureTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public SystemFailureTests()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("the numbers of errors are Linux'");
        File.CreateSymbolicLink(_folder["loop"], _folder["loop"]);
        File.CreateSymbolicLink(_folder["full"], "/dev/full");
        File.WriteAllText(_folder["file"], "x");
        Directory.CreateDirectory(_folder["folder"]);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    // ELOOP
    [InlineData(2, "symbolic links", "train", "{loop}")]
    [InlineData(2, "symbolic links", "train", "--out", "{loop}/run")]
    [InlineData(2, "symbolic links", "resume", "{loop}/run")]
    [InlineData(2, "symbolic links", "verify", "{loop}/run")]
    [InlineData(2, "symbolic links", "eval", "{loop}")]
    [InlineData(2, "symbolic links", "study", "{loop}")]
    [InlineData(2, "symbolic links", "schedule", "--plot", "{loop}")]
    [InlineData(2, "symbolic links", "schedule", "--set", "dataset={name: csv, path: {loop}/data}", "--set", "model.name=mlp")]
    [InlineData(2, "symbolic links", "certs", "--out", "{loop}/certs")]
    [InlineData(2, "symbolic links", "list", "--endpoint", "127.0.0.1:1", "--certs", "{loop}")]
    [InlineData(2, "symbolic links", "list", "--endpoint", "127.0.0.1:1", "--token-file", "{loop}")]
    [InlineData(2, "symbolic links", "server", "--lock", "{loop}")]
    // ENOTDIR
    [InlineData(2, "there is no such job file", "train", "{file}/job.yaml")]
    [InlineData(2, "file", "train", "--out", "{file}/run")]
    [InlineData(2, "a file stands where a folder is meant", "eval", "{file}/run")]
    [InlineData(2, "is a file; it should be a folder", "schedule", "--set", "dataset={name: csv, path: {file}}", "--set", "model.name=mlp")]
    [InlineData(2, "a file stands where a folder is meant", "server", "--lock", "{file}/lock")]
    // EISDIR
    [InlineData(2, "it is a folder", "train", "{folder}")]
    [InlineData(2, "it is a folder", "schedule", "--plot", "{folder}")]
    [InlineData(2, "it is a folder", "study", "{folder}")]
    [InlineData(2, "it is a folder", "server", "--lock", "{folder}")]
    // ENAMETOOLONG
    [InlineData(2, "too long", "train", "{long}")]
    [InlineData(2, "too long", "train", "--out", "{long}")]
    [InlineData(2, "too long", "eval", "{long}")]
    [InlineData(2, "too long", "certs", "--out", "{long}")]
    // A server tries to write before it is ready.
    [InlineData(2, "nothing can be saved in /sys", "server", "--job-folder", "/sys/{job}")]
    [InlineData(2, "nothing can be saved in /sys", "server", "--job-folder", "/sys/jobs/{job}")]
    // ENOSPC
    [InlineData(1, "No space left on device", "schedule", "--plot", "{full}")]
    // ENOENT
    [InlineData(2, "Could not find", "eval", "{missing}")]
    [InlineData(2, "no run's folder", "resume", "{missing}")]
    public async Task The_systems_words_are_kept_and_told_what_they_mean(int exitCode, string words, params string[] line)
    {
        var (code, _, error) = await Contexts.RunAsync([.. line.Select(Filled)]);
        Assert.DoesNotContain(error, text => text.StartsWith("   at ", StringComparison.Ordinal));
        var problem = Assert.Single(error, text => text.StartsWith("error: ", StringComparison.Ordinal));
        Assert.Contains(words, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", problem, StringComparison.Ordinal);
        Assert.Equal(exitCode, code);
    }

    /// <summary>EROFS, or EPERM to make a folder in /sys, whoever asks.</summary>
    [Theory]
    [InlineData("train", "--out", "/sys/disttrain/run")]
    [InlineData("certs", "--out", "/sys/disttrain")]
    [InlineData("schedule", "--plot", "/sys/disttrain.svg")]
    [InlineData("server", "--lock", "/sys/disttrain.lock")]
    public async Task A_place_where_nobody_may_write_is_the_users_to_change(params string[] line)
    {
        var (code, _, error) = await Contexts.RunAsync(line);
        var problem = Assert.Single(error, text => text.StartsWith("error: ", StringComparison.Ordinal));
        Assert.Contains("/sys/disttrain", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", problem, StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadInput, code);
    }

    [Fact]
    public async Task A_file_that_this_user_may_not_read_is_not_missing()
    {
        if (Environment.IsPrivilegedProcess)
            Assert.Skip("to root, all files are readable");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder["file"], UnixFileMode.None);
        var (code, _, error) = await Contexts.RunAsync("train", _folder["file"]);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("give this user the rights", error[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_open_files_are_no_mistake_of_the_user()
    {
        var failure = SystemFailure.Explain(new IOException("Too many open files : '/x'", 24))!;
        Assert.Equal(ExitCode.Failed, failure.ExitCode);
        Assert.Contains("ulimit -n", failure.Message, StringComparison.Ordinal);
        var library = SystemFailure.Explain(new TypeInitializationException("X", new FileNotFoundException("Could not load file or assembly 'A'", "A, Version=1.0.0.0")))!;
        Assert.Equal(ExitCode.Failed, library.ExitCode);
        Assert.Contains("ulimit -n", library.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_error_of_the_system_stays_unexpected()
    {
        Assert.Null(SystemFailure.Explain(new InvalidOperationException("x")));
        Assert.Null(SystemFailure.Explain(new SocketException((int)SocketError.ConnectionReset)));
    }

    private string Filled(string argument) => new[] { "loop", "full", "file", "folder", "missing" }
        .Aggregate(argument, (text, name) => text.Replace($"{{{name}}}", _folder[name], StringComparison.Ordinal))
        .Replace("{long}", _folder[new string('x', 300)], StringComparison.Ordinal);
}
