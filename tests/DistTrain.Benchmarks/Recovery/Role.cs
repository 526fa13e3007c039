using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using DistTrain.Benchmarks.Overhead;

namespace DistTrain.Benchmarks.Recovery;

/// <summary>A process of a standing cluster, or a watcher of its job; what it prints is kept with the time of its arrival.</summary>
internal sealed class Role : IDisposable
{
    public const int SigInt = 2;
    public const int SigKill = 9;
    public const int SigTerm = 15;
    public const int SigCont = 18;
    public const int SigStop = 19;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly List<(TimeSpan At, JsonElement Event)> _events = [];
    private readonly List<(string Name, List<string> Lines)> _errors = [];
    private bool _isInError;

    private Role(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        _process = Self.StartQuiet(arguments, Logged, environment);
        _process.OutputDataReceived += (_, e) => Receive(e.Data);
        _process.BeginOutputReadLine();
    }

    /// <summary>Host and port of a server or silo.</summary>
    public string Endpoint { get; private set; } = string.Empty;

    /// <summary>Its id.</summary>
    public int Process => _process.Id;

    /// <summary>One clock for all roles.</summary>
    public static TimeSpan Now => Stopwatch.GetElapsedTime(0);

    /// <summary>All events so far, in order.</summary>
    public IReadOnlyList<(TimeSpan At, JsonElement Event)> Events
    {
        get
        {
            lock (_events)
                return [.. _events];
        }
    }

    /// <summary>The committed steps so far.</summary>
    public IReadOnlyList<(TimeSpan At, JsonElement Event)> Steps => [.. Events.Where(e => IsStep(e.Event))];

    /// <summary>Each error in its log: category and number, and the lines that say what it was.</summary>
    public IReadOnlyList<(string Name, IReadOnlyList<string> Lines)> Errors
    {
        get
        {
            lock (_errors)
                return [.. _errors.Select(e => (e.Name, (IReadOnlyList<string>)[.. e.Lines]))];
        }
    }

    public double ResidentMiB => File.ReadLines($"/proc/{_process.Id}/status").Where(l => l.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(l => double.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024).Single();

    /// <summary>Open files, sockets among them.</summary>
    public int Handles => Directory.GetFileSystemEntries($"/proc/{_process.Id}/fd").Length;

    public static bool IsStep(JsonElement e) => Kind(e) == "step";

    public static bool IsLog(JsonElement e, string part) => Kind(e) == "log" && e.GetProperty("text").GetString()!.Contains(part, StringComparison.Ordinal);

    /// <summary>Starts a process that announces itself.</summary>
    public static Task<Role> StartAsync(params IEnumerable<string> arguments) => StartWithAsync(null, arguments);

    /// <summary>The same with some variables beside those of this process.</summary>
    public static async Task<Role> StartWithAsync(IReadOnlyDictionary<string, string>? environment, params IEnumerable<string> arguments)
    {
        var role = new Role(arguments, environment);
        role.Endpoint = (await role.WaitAsync(e => Kind(e) == "listening")).Event.GetProperty("endpoint").GetString()!;
        return role;
    }

    public static Role Start(params IEnumerable<string> arguments) => new(arguments);

    /// <summary>Runs a command to its end.</summary>
    public static async Task RunAsync(params IEnumerable<string> arguments)
    {
        using var role = Start(arguments);
        if (await role.ExitAsync() != 0)
            throw new InvalidOperationException($"disttrain {string.Join(' ', arguments)} failed");
    }

    /// <summary>Waits for an event that arrived after <paramref name="after"/>.</summary>
    public async Task<(TimeSpan At, JsonElement Event)> WaitAsync(Func<JsonElement, bool> wanted, TimeSpan after = default)
    {
        (TimeSpan At, JsonElement Event)? found = null;
        await Waiting.UntilAsync(IsThere, "an event", () => $"the last one was {(Events is [.., var last] ? last.Event : default)}", Limit);
        return found!.Value;

        bool IsThere()
        {
            foreach (var e in Events)
            {
                if (e.At > after && wanted(e.Event))
                {
                    found = e;
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Sends a signal. It ends with this process, so SIGTERM is this one's to obey: it is asked to leave by the end of its input.</summary>
    public void Signal(int signal)
    {
        if (signal == SigTerm)
            _process.StandardInput.Close();
        else
            _ = Kill(_process.Id, signal);
    }

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().For("the end of a role", limit: Limit);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);

    private static string? Kind(JsonElement e) => e.GetProperty("event").GetString();

    private void Logged(string line)
    {
        lock (_errors)
        {
            // What belongs to an entry is indented.
            if (!line.StartsWith(' '))
                _isInError = line.StartsWith("fail: ", StringComparison.Ordinal) || line.StartsWith("crit: ", StringComparison.Ordinal);
            if (_isInError && !line.StartsWith(' '))
                _errors.Add((line["fail: ".Length..].Trim(), []));
            else if (_isInError)
                _errors[^1].Lines.Add(line.Trim());
        }
    }

    private void Receive(string? line)
    {
        if (line is null || !line.StartsWith('{'))
            return;
        lock (_events)
            _events.Add((Now, JsonDocument.Parse(line).RootElement));
    }
}
