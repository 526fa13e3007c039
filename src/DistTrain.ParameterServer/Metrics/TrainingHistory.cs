using System.Buffers;
using DistTrain.Observability;
using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Landscape;
using DistTrain.ParameterServer.Files;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Metrics;

/// <summary>
/// The committed history of a job, kept by its leader: one event a step and an evaluation, in memory for those who watch and as lines of
/// <c>metrics.jsonl</c>. With each step stands its entry in the ledger: which examples it took. Writers hold the partition's gate; watchers do
/// not. What the file told before is replaced by the first <see cref="Flush"/>, not before: until then the job may have to go on from elsewhere.
/// </summary>
internal sealed class TrainingHistory : IDisposable
{
    /// <summary>The file is at most so much behind, unless it cannot be written.</summary>
    private const int FlushBytes = 1 << 16;

    private readonly Lock _gate = new();
    private readonly Lock _flushing = new();
    private readonly Disk _disk;
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ArrayBufferWriter<byte> _unwritten = new(FlushBytes);
    private readonly List<MetricsEvent> _events = [];
    private readonly int _kept;
    private readonly StepGauges _gauges;

    /// <summary>Null where the file does not tell what the events do, and has to be written anew.</summary>
    private Stream? _file;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastCommit;
    private bool _ended;

    /// <param name="disk">Where the file is.</param>
    /// <param name="path">The file.</param>
    /// <param name="time">Measures steps.</param>
    /// <param name="restored">The step that training goes on from: what the file tells of the steps before it is kept. Null: nothing is.</param>
    /// <param name="smoothing">Share of the running means of the gradients' noise that a step keeps.</param>
    /// <exception cref="Protocol.Formats.UnknownFormatException">The file is of another format: it stays as it is.</exception>
    public TrainingHistory(Disk disk, string path, TimeProvider time, OpenStep? restored = null, double smoothing = NoiseScale.Smoothing)
    {
        (_disk, _path, _time) = (disk, path, time);
        (Pending, _gauges) = (new PendingEvents(Append), new StepGauges(smoothing));
        if (restored is not null)
            _events.AddRange(ReadBefore(path, restored));
        foreach (var step in _events.Select(e => e.Step).OfType<StepMetrics>())
            _gauges.Take(step);
        _kept = _events.Count;
        if (!File.Exists(path))
            Replace();
    }

    /// <summary>Something was recorded since the start.</summary>
    public bool HasNew
    {
        get
        {
            lock (_gate)
                return _events.Count > _kept;
        }
    }

    /// <summary>What has happened and waits for what other servers have to tell of it.</summary>
    public PendingEvents Pending { get; }

    /// <summary>A rank has pulled the version to start from: the clock of the first step starts, once.</summary>
    public void TrainingStarts()
    {
        if (_lastCommit == 0)
            _lastCommit = _time.GetTimestamp();
    }

    /// <summary>Records a step from what its ranks said, added in rank-tree order, as soon as its gauges are known.</summary>
    /// <param name="step">The step.</param>
    /// <param name="plan">Of its partition.</param>
    /// <param name="ranks">What each rank said.</param>
    /// <param name="skipped">Why it made no update, or null.</param>
    /// <param name="replayCheck">Whose gradient was computed twice, and by whom, or null.</param>
    /// <param name="ends">Of a probe's spectrum, as far as the step tells; null where there is none.</param>
    /// <param name="squares">Squared norms of its gradients in this server's buckets, each bucket's average and then each rank's; null: it has no gauges.</param>
    public void StepClosed(
        OpenStep step, PartitionPlan plan, IReadOnlyList<Contribution> ranks, string? skipped, string? replayCheck, RitzSpectrum? ends, double[]? squares)
    {
        var now = _time.GetTimestamp();
        var elapsed = _time.GetElapsedTime(_lastCommit, now).TotalMilliseconds;
        _lastCommit = now;
        var metrics = StepFigures.Of(step, plan, ranks, elapsed);
        (metrics.Skipped, metrics.ReplayCheck) = (skipped ?? string.Empty, replayCheck ?? string.Empty);
        if (ends is not null)
            (metrics.LambdaMax, metrics.LambdaMin) = (ends.Largest.Value, ends.Smallest.Value);
        var closed = new MetricsEvent { Step = metrics, Ledger = StepFigures.EntryOf(step, plan, ranks) };
        StepFigures.Count(metrics, TrainingMeter.Job(plan.JobId));
        if (squares is null)
        {
            Pending.Add(closed);
            return;
        }

        Pending.Take(plan.Server, metrics.Step, squares);
        Pending.Add(closed, plan.Servers, 1 + ranks.Count, totals =>
        {
            _gauges.Put(metrics, totals[0], [.. ranks.Zip(totals.Skip(1), (rank, square) => (rank.Examples, square))], plan.TrainExamples);
            StepFigures.Show(metrics, TrainingMeter.Job(plan.JobId));
        });
    }

    /// <summary>The last probe of an update that is recorded, or null.</summary>
    public ProbeMetrics? LastProbe
    {
        get
        {
            lock (_gate)
                return _events.FindLast(e => e.Probe is not null)?.Probe;
        }
    }

    /// <summary>Records a step that made no update.</summary>
    public void StatisticsTaken(OpenStep step, PartitionPlan plan, IReadOnlyList<Contribution> ranks) =>
        Pending.Add(new MetricsEvent { Statistics = new StatisticsMetrics { Step = step.Version + 1 }, Ledger = StepFigures.EntryOf(step, plan, ranks) });

    public void Evaluated(EvaluationTotal total, double epoch, EvaluationSet set)
    {
        var figures = total.ToMetrics(epoch);
        Pending.Add(set == EvaluationSet.Validation ? new MetricsEvent { Validation = figures } : new MetricsEvent { Evaluation = figures });
    }

    /// <summary>Nothing more will come: watchers end.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ended = true;
            _more.TrySetResult();
        }
    }

    /// <summary>All events from step <paramref name="fromStep"/> on, live until <see cref="End"/>.</summary>
    public async IAsyncEnumerable<MetricsEvent> WatchAsync(
        long fromStep,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var next = 0; ;)
        {
            MetricsEvent[] batch;
            Task more;
            bool ended;
            lock (_gate)
            {
                batch = [.. _events.Skip(next)];
                (more, ended) = (_more.Task, _ended);
            }

            next += batch.Length;
            foreach (var metrics in batch)
            {
                if (metrics.StepNumber >= fromStep)
                    yield return metrics;
            }

            if (batch.Length > 0)
                continue;
            if (ended)
                yield break;
            await more.WaitAsync(cancellation);
        }
    }

    /// <summary>The run's figures so far; <c>weights_sha256</c> is not known here.</summary>
    public JobResult Summarize()
    {
        lock (_gate)
            return RunSummary.Of(_events);
    }

    /// <summary>Returns when all that was recorded is on disk, and nothing else is in the file.</summary>
    /// <exception cref="IOException">The disk is full; what was recorded stays in memory until the next time.</exception>
    public void Flush()
    {
        lock (_flushing)
        {
            if (_file is null)
            {
                Replace();
                return;
            }

            lock (_gate)
                WriteOut();
            try
            {
                // Not under the gate: a slow disk must hold up no step.
                _disk.Flush(_file);
            }
            catch
            {
                // What the system could not bring to the disk it may have dropped.
                lock (_gate)
                    LetGo();
                throw;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            TryWriteOut();
            LetGo();
        }
    }

    /// <summary>Steps up to the restored version, and the evaluations before it; its own is repeated by the ranks. A line that is damaged or cut off is left out, and is missed by <c>verify</c>.</summary>
    private static IEnumerable<MetricsEvent> ReadBefore(string path, OpenStep restored)
    {
        if (!File.Exists(path))
            return [];
        return MetricsLine.ReadAll(path)
            .Select(line => line.Event)
            .OfType<MetricsEvent>()
            .Where(metrics => metrics.IsEvaluation ? metrics.StepNumber < restored.Version : metrics.StepNumber <= restored.Version);
    }

    private static void WriteLine(Stream stream, byte[] line)
    {
        stream.Write(line);
        stream.WriteByte((byte)'\n');
    }

    private void Append(MetricsEvent metrics)
    {
        var line = MetricsJson.Write(metrics);
        lock (_gate)
        {
            _events.Add(metrics);
            _unwritten.Write(line);
            _unwritten.Write("\n"u8);
            // A step costs a copy, and no step fails because a disk is full.
            if (_unwritten.WrittenCount >= FlushBytes)
                TryWriteOut();
            var waiting = _more;
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.TrySetResult();
        }
    }

    private void TryWriteOut()
    {
        try
        {
            WriteOut();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            // The next save, which flushes first, fails for the same reason and says so.
        }
    }

    /// <summary>Part of it may be on disk when this throws: the next attempt begins at the same place of the file.</summary>
    private void WriteOut()
    {
        if (_file is null || _unwritten.WrittenCount == 0)
            return;
        _file.Write(_unwritten.WrittenSpan);
        _unwritten.ResetWrittenCount();
    }

    /// <summary>Writes the whole file, and goes on at its end. What is recorded meanwhile is still unwritten then.</summary>
    private void Replace()
    {
        MetricsEvent[] events;
        lock (_gate)
        {
            events = [.. _events];
            _unwritten.ResetWrittenCount();
        }

        AtomicFile.Write(_disk, _path, file =>
        {
            var lines = new BufferedStream(file, FlushBytes);
            foreach (var metrics in events)
                WriteLine(lines, MetricsJson.Write(metrics));
            lines.Flush();
        });
        var opened = _disk.Append(_path);
        lock (_gate)
            _file = opened;
    }

    /// <summary>The next flush writes the file anew.</summary>
    private void LetGo()
    {
        _file?.Dispose();
        _file = null;
    }
}
