using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace DistTrain.Tests.Clusters;

/// <summary>A real <c>disttrain</c> process; disposing it ends it and whatever it started.</summary>
internal sealed class DistTrainProcess : IAsyncDisposable
{
    /// <summary>Far beyond what a role takes to listen, also on a busy machine.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly StringBuilder _error = new();
    private readonly List<JsonElement> _events = [];
    private readonly List<string> _output = [];
    private readonly Lock _gate = new();
    private bool _outputEnded;

    private DistTrainProcess(Process process) => _process = process;

    /// <summary>The program as this checkout has built it.</summary>
    public static string Executable { get; } = Path.GetFullPath(typeof(DistTrainProcess).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "Executable").Value!);

    public int Id => _process.Id;

    public bool IsRunning => !_process.HasExited;

    public string Error
    {
        get
        {
            lock (_gate)
                return _error.ToString();
        }
    }

    public IReadOnlyList<JsonElement> Events
    {
        get
        {
            lock (_gate)
                return [.. _events];
        }
    }

    public static DistTrainProcess Start(params IEnumerable<string> arguments) => StartWith(new Dictionary<string, string>(), arguments);

    /// <summary>Starts it with some variables beside those of this process.</summary>
    public static DistTrainProcess StartWith(IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments) =>
        Start(environment, workingFolder: string.Empty, arguments);

    /// <summary>Starts it in a folder.</summary>
    public static DistTrainProcess StartIn(string workingFolder, params IEnumerable<string> arguments) =>
        Start(new Dictionary<string, string>(), workingFolder, arguments);

    /// <summary>Starts it by another program, which becomes it.</summary>
    public static DistTrainProcess StartBy(IReadOnlyList<string> program, params IEnumerable<string> arguments) =>
        Start(new Dictionary<string, string>(), string.Empty, [.. program.Skip(1), Executable, .. arguments], program[0]);

    /// <summary>Runs to the end.</summary>
    public static Task<Finished> RunAsync(params string[] arguments) => RunInAsync(string.Empty, arguments);

    /// <summary>Runs to the end in a folder.</summary>
    public static async Task<Finished> RunInAsync(string workingFolder, params string[] arguments)
    {
        await using var process = StartIn(workingFolder, arguments);
        var code = await process.ExitAsync(TimeSpan.FromMinutes(4));
        return new Finished(code, process.Events, process.Error, string.Join('\n', process._output));
    }

    /// <summary>Waits until a role listens, and returns where.</summary>
    public async Task<string> EndpointAsync() => (await ListeningAsync()).GetProperty("endpoint").GetString()!;

    /// <summary>Waits until a role listens.</summary>
    public Task<JsonElement> ListeningAsync() => EventAsync(e => e.GetProperty("event").GetString() == "listening", _patience);

    /// <summary>Ends its input, as the end of its parent would.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Waits for an event on standard output.</summary>
    public async Task<JsonElement> EventAsync(Func<JsonElement, bool> wanted, TimeSpan patience) => (await EventsAsync(wanted, 1, patience))[0];

    /// <summary>Waits for as many events of a kind.</summary>
    public async Task<IReadOnlyList<JsonElement>> EventsAsync(Func<JsonElement, bool> wanted, int times, TimeSpan patience)
    {
        IReadOnlyList<JsonElement> found = [];
        await Waiting.UntilAsync(IsThere, times == 1 ? "an event" : $"{times} events", State, patience);
        return found;

        bool IsThere()
        {
            lock (_gate)
            {
                found = [.. _events.Where(wanted).Take(times)];
                Assert.True(found.Count == times || !_outputEnded, $"the process has ended instead; {State()}");
                return found.Count == times;
            }
        }

        string State()
        {
            lock (_gate)
                return $"last output: {string.Join('\n', _output.TakeLast(5))}\n{_error}";
        }
    }

    public static bool IsStep(JsonElement e) => e.GetProperty("event").GetString() == "step";

    /// <summary>The committed steps so far.</summary>
    public IReadOnlyList<JsonElement> Steps() => [.. Events.Where(IsStep)];

    /// <summary>The lines of the job's log so far.</summary>
    public IReadOnlyList<string> Log(Func<string, bool> wanted) =>
        [.. Events.Where(e => IsLog(e, wanted)).Select(e => e.GetProperty("text").GetString()!)];

    /// <summary>Waits until a step is committed.</summary>
    public Task StepAsync(long step) =>
        EventAsync(e => IsStep(e) && e.GetProperty("step").GetInt64() >= step, TimeSpan.FromMinutes(1));

    /// <summary>Waits until some more steps are committed than those seen.</summary>
    public Task GoesOnAsync() => StepAsync(Steps().Count + 5);

    /// <summary>Waits until the job's log has so many lines of a kind.</summary>
    public Task LogAsync(Func<string, bool> wanted, int times, TimeSpan patience) =>
        EventsAsync(e => IsLog(e, wanted), times, patience);

    public async Task<int> ExitAsync(TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"still running after {patience}; last output: {string.Join('\n', _output.TakeLast(5))}\n{Error}", e);
        }
    }

    /// <summary>Sends a signal, e.g. 2 (SIGINT).</summary>
    public void Signal(int signal) => Assert.Equal(0, Kill(_process.Id, signal));

    /// <summary>Ends this process alone, at once.</summary>
    public async Task KillAsync()
    {
        Signal(9);
        await _process.WaitForExitAsync();
    }

    /// <summary>Ends one of the processes that <c>train</c> has started, at once.</summary>
    /// <param name="role">server or worker.</param>
    /// <param name="index">Which of them, by the order in which they were started.</param>
    public void KillChild(string role, int index) => Assert.Equal(0, Kill(Children(role)[index], 9));

    /// <summary>What this process was started with, name=value; a process that became another program says what that was started with.</summary>
    public IReadOnlyList<string> Environment() => EnvironmentOf(_process.Id);

    /// <summary>The same of one of the processes that <c>train</c> has started.</summary>
    public IReadOnlyList<string> EnvironmentOfChild(string role, int index) => EnvironmentOf(Children(role)[index]);

    /// <summary>Sends a signal to one of the processes that <c>train</c> has started.</summary>
    public void SignalChild(string role, int index, int signal) => Assert.Equal(0, Kill(Children(role)[index], signal));

    /// <summary>Sends a signal to all that this process has started, then to itself.</summary>
    public void SignalAll(int signal)
    {
        foreach (var process in (int[])[.. Children("server"), .. Children("worker"), _process.Id])
            Assert.Equal(0, Kill(process, signal));
    }

    /// <summary>Ends this process and all that it has started, at once.</summary>
    public async Task KillAllAsync()
    {
        List<int> children = [.. Children("server"), .. Children("worker")];
        // First the one that would start the others again.
        Assert.Equal(0, Kill(_process.Id, 9));
        foreach (var child in children)
            Assert.Equal(0, Kill(child, 9));
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    /// <summary>Starts it in a folder, with some variables beside those of this process.</summary>
    public static DistTrainProcess Start(IReadOnlyDictionary<string, string> environment, string workingFolder, IEnumerable<string> arguments, string? program = null)
    {
        var start = new ProcessStartInfo(program ?? Executable)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = workingFolder,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        var running = new DistTrainProcess(new Process { StartInfo = start });
        running._process.OutputDataReceived += (_, e) => running.OnOutput(e.Data);
        running._process.ErrorDataReceived += (_, e) => running.OnError(e.Data);
        running._process.Start();
        running._process.BeginOutputReadLine();
        running._process.BeginErrorReadLine();
        return running;
    }

    private static bool IsLog(JsonElement e, Func<string, bool> wanted) =>
        e.GetProperty("event").GetString() == "log" && wanted(e.GetProperty("text").GetString()!);

    /// <summary>The processes of a role that <c>train</c> has started, by the order in which they were.</summary>
    public List<int> Children(string role) =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(int.Parse!)
            .Where(id => ParentOf(id) == _process.Id && CommandOf(id).Contains($"\0{role}\0", StringComparison.Ordinal)).OrderBy(StartOf).ThenBy(id => id)];

    [DllImport("libc", EntryPoint = "kill")]
    public static extern int Kill(int process, int signal);

    private static string[] EnvironmentOf(int process) => Read(process, "environ").Split('\0', StringSplitOptions.RemoveEmptyEntries);

    private static int ParentOf(int process) => (int)FieldOf(process, 1);

    /// <summary>In ticks since the machine was started: process ids begin anew.</summary>
    private static long StartOf(int process) => FieldOf(process, 19);

    /// <summary>One of the numbers behind the state; 0 of a process that is gone.</summary>
    private static long FieldOf(int process, int field)
    {
        // The name in parentheses may hold anything.
        var stat = Read(process, "stat");
        return stat.Length == 0 ? 0 : long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[field], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string CommandOf(int process) => Read(process, "cmdline");

    /// <summary>Empty for a process that is gone.</summary>
    private static string Read(int process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (IOException)
        {
            return string.Empty;
        }
    }

    private void OnOutput(string? line)
    {
        lock (_gate)
        {
            if (line is null)
            {
                _outputEnded = true;
                return;
            }

            _output.Add(line);
            if (line.StartsWith('{'))
                _events.Add(JsonDocument.Parse(line).RootElement);
        }
    }

    private void OnError(string? line)
    {
        lock (_gate)
            _error.AppendLine(line);
    }
}
