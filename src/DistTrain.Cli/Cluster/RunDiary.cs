using System.Reflection;
using System.Runtime.CompilerServices;
using DistTrain.Client;
using DistTrain.Page.Data;

namespace DistTrain.Cli.Cluster;

/// <summary>Writes the log of a run into its folder: what its command does, what becomes of the processes, what the job itself has to say; and at its end where its ranks' time went.</summary>
/// <param name="folder">The run's.</param>
/// <param name="clock">Dates lines.</param>
/// <param name="watcher">Who looks on; null: nobody.</param>
internal sealed class RunDiary(RunFolder folder, TimeProvider clock, IRunWatcher? watcher) : IDisposable
{
    private readonly RunLog _log = RunLog.Open(folder.FullPath);
    private long _step;
    private RankTimings? _timings;

    /// <summary>Version of this program.</summary>
    public static string Program { get; } = typeof(RunDiary).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>What it runs on: versions, processor, cores.</summary>
    public static string Machine => $"disttrain {Program}, .NET {Environment.Version}, {Processor()}, {Environment.ProcessorCount} cores";

    /// <summary>Something happened just now, at the step that was seen last.</summary>
    public void Tell(RunLogKind kind, string text) => Write(new RunLogLine(clock.GetUtcNow(), Volatile.Read(ref _step), kind, text));

    /// <summary>Passes events on, and keeps what is worth keeping.</summary>
    public async IAsyncEnumerable<JobEvent> Keep(IAsyncEnumerable<JobEvent> events, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        await foreach (var next in events.WithCancellation(cancel))
        {
            if (next is StepMetrics step)
                Volatile.Write(ref _step, step.Step);
            else if (next is LogLine line)
                Write(new RunLogLine(line.Time, line.Step > 0 || line.Redone > 0 ? line.Step : Volatile.Read(ref _step), KindOf(line.Kind), line.Text, line.Redone));
            else if (next is RankTimings { Ranks.Count: > 0 } timings)
                _timings = timings;
            watcher?.Seen(next);
            yield return next;
        }
    }

    public void Dispose()
    {
        _log.Dispose();
        if (_timings is not null)
            RanksFile.Write(folder.FullPath, _timings);
    }

    private void Write(RunLogLine line)
    {
        _log.Add(line);
        watcher?.Happened(line);
    }

    private static RunLogKind KindOf(LogKind kind) => kind switch
    {
        LogKind.Restored => RunLogKind.Restored,
        LogKind.Moved => RunLogKind.Moved,
        LogKind.Waits => RunLogKind.Waits,
        LogKind.WaitOver => RunLogKind.WaitOver,
        LogKind.Fault => RunLogKind.Fault,
        _ => RunLogKind.Note,
    };

    /// <summary>Its name, where the system tells it.</summary>
    private static string Processor()
    {
        const string Key = "model name";
        try
        {
            return File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal))?.Split(':', 2)[^1].Trim() ?? "a processor without a name";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "a processor whose name the system does not tell";
        }
    }
}
