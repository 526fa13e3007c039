using System.Diagnostics;
using DistTrain.Cli.Output;
using DistTrain.Protocol.Clients;
using DistTrain.Torch.Hosting;

namespace DistTrain.Cli.Cluster;

/// <summary>
/// One running role of the local cluster. It holds standard input open as long as this process lives (see
/// <see cref="Roles.ParentWatch"/>) and announces its endpoint in one line on standard output.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly ChildStart _start;
    private readonly Process _process;
    private readonly ChildLog _log;
    private readonly TaskCompletionSource<Endpoint> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(ChildStart start, Process process, ChildLog log)
    {
        _start = start;
        _process = process;
        _log = log;
        ProcessId = process.Id;
        Exited = WaitAsync();
        if (start.Told is { } line)
            _ = TellAsync(line);
    }

    public string Name => _start.Name;

    public int ProcessId { get; }

    /// <summary>Completes with the announced endpoint; never, when the child ends before.</summary>
    public Task<Endpoint> Listening => _listening.Task;

    /// <summary>Completes when the process is gone and its last lines are in the log.</summary>
    public Task<ChildExit> Exited { get; }

    public IReadOnlyList<string> LastLines => _log.LastLines;

    /// <summary>Starts the process.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The executable cannot be started.</exception>
    public static ChildProcess Start(SelfExecutable executable, ChildStart start)
    {
        var log = new ChildLog(start.LogFile);
        try
        {
            var info = new ProcessStartInfo(executable.FileName, [.. executable.Prefix, .. start.Arguments])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            };
            foreach (var (name, value) in NativeEnvironment.ForChildren(start.Determinism))
                info.Environment[name] = value;
            return new ChildProcess(start, Process.Start(info)!, log);
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>Asks the child to end in order by closing its standard input.</summary>
    public void AskToEnd()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It is gone already.
        }
    }

    /// <summary>Ends the child and whatever it started, at once.</summary>
    public void Kill() => _process.Kill(entireProcessTree: true);

    public void Dispose()
    {
        _process.Dispose();
        _log.Dispose();
    }

    private async Task TellAsync(Task<string> line)
    {
        try
        {
            await _process.StandardInput.WriteLineAsync(await line);
            await _process.StandardInput.FlushAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It is gone already, or was asked to end.
        }
    }

    private async Task<ChildExit> WaitAsync()
    {
        var printed = Task.WhenAll(
            ReadAsync(_process.StandardOutput, Announce),
            ReadAsync(_process.StandardError, _ => { }));
        await _process.WaitForExitAsync();
        // A process that the child started may have inherited the pipes and hold them open.
        await Task.WhenAny(printed, Task.Delay(TimeSpan.FromSeconds(1)));
        return new ChildExit(Name, ProcessId, _process.ExitCode, _start.LogFile, LastLines);
    }

    private async Task ReadAsync(StreamReader reader, Action<string> seen)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            _log.Write(line);
            seen(line);
        }
    }

    private void Announce(string line)
    {
        if (!_listening.Task.IsCompleted
            && OutputJson.Read(line) is ListeningEvent announced
            && Endpoint.TryParse(announced.Endpoint, out var endpoint))
            _listening.TrySetResult(endpoint);
    }
}
