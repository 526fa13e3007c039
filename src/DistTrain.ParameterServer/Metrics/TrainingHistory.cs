using System.Text.Json;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Partitions;
using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Metrics;

/// <summary>
/// The committed history of a job, kept by its leader: one event a step and an evaluation, in memory for those who watch and as lines of
/// <c>metrics.jsonl</c>. Writers hold the partition's gate; watchers do not. What the file told before is replaced by the first
/// <see cref="Flush"/>, not before: until then the job may have to go on from elsewhere.
/// </summary>
internal sealed class TrainingHistory : IDisposable
{
    private const int BufferBytes = 1 << 16;

    private readonly Lock _gate = new();
    private readonly Lock _flushing = new();
    private readonly Disk _disk;
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly List<MetricsEvent> _events = [];
    private readonly int _kept;
    private Stream? _file;

    /// <summary>Lines on their way to the file: a step costs a copy. Null where the file does not tell what the events do, and has to be written anew.</summary>
    private BufferedStream? _lines;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastCommit;
    private bool _ended;

    /// <param name="disk">Where the file is.</param>
    /// <param name="path">The file.</param>
    /// <param name="time">Measures steps.</param>
    /// <param name="restored">The step that training goes on from: what the file tells of the steps before it is kept. Null: nothing is.</param>
    public TrainingHistory(Disk disk, string path, TimeProvider time, OpenStep? restored = null)
    {
        (_disk, _path, _time) = (disk, path, time);
        if (restored is not null)
            _events.AddRange(ReadBefore(path, restored));
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

    /// <summary>A rank has pulled the version to start from: the clock of the first step starts, once.</summary>
    public void TrainingStarts()
    {
        if (_lastCommit == 0)
            _lastCommit = _time.GetTimestamp();
    }

    /// <summary>Records a step from what its ranks said, added in rank-tree order.</summary>
    public void StepClosed(OpenStep step, PartitionPlan plan, IReadOnlyList<Contribution> ranks)
    {
        var now = _time.GetTimestamp();
        var elapsed = _time.GetElapsedTime(_lastCommit, now).TotalMilliseconds;
        _lastCommit = now;
        var examples = ranks.Sum(r => r.Examples);
        Append(new MetricsEvent
        {
            Step = new StepMetrics
            {
                Step = step.Version + 1,
                Epoch = plan.Course.EpochsAt(step.Position.Advance(step.Take, plan.TrainExamples)),
                Loss = plan.Tree.Sum([.. ranks.Select(r => r.LossSum)]) / examples,
                Accuracy = (double)ranks.Sum(r => r.Correct) / examples,
                LearningRate = step.Rate,
                Examples = examples,
                Milliseconds = Math.Max(0, elapsed - ranks.Max(r => r.EvaluationMilliseconds)),
                ComputeMilliseconds = ranks.Max(r => r.ComputeMilliseconds),
            },
        });
    }

    public void Evaluated(EvaluationTotal total, double epoch) =>
        Append(new MetricsEvent
        {
            Evaluation = new EvaluationMetrics
            {
                Step = total.Version,
                Epoch = epoch,
                Loss = total.Loss,
                Accuracy = total.Accuracy,
                Examples = total.Examples,
            },
        });

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
                if ((metrics.Step?.Step ?? metrics.Evaluation.Step) >= fromStep)
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
    /// <exception cref="IOException">It is not; the next call tries again.</exception>
    public void Flush()
    {
        lock (_flushing)
        {
            bool isWhole;
            lock (_gate)
                isWhole = TryWrite(lines => lines.Flush());
            if (!isWhole)
            {
                Replace();
                return;
            }

            try
            {
                // Not under the gate: a slow disk must hold up no step.
                _disk.Flush(_file!);
            }
            catch
            {
                // What the system still holds of the lines it may have given up.
                lock (_gate)
                    _lines = null;
                throw;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
            TryWrite(lines => lines.Flush());
        _file?.Dispose();
    }

    /// <summary>Steps up to the restored version, and the evaluations before it; its own is repeated by the ranks. Ends at a line that was cut off.</summary>
    private static IEnumerable<MetricsEvent> ReadBefore(string path, OpenStep restored)
    {
        if (!File.Exists(path))
            yield break;
        foreach (var line in File.ReadLines(path))
        {
            MetricsEvent metrics;
            try
            {
                metrics = MetricsJson.Read(line);
            }
            catch (JsonException)
            {
                yield break;
            }

            if (metrics.Step is { } step ? step.Step <= restored.Version : metrics.Evaluation.Step < restored.Version)
                yield return metrics;
        }
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
            TryWrite(lines => WriteLine(lines, line));
            var waiting = _more;
            _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.TrySetResult();
        }
    }

    /// <summary>A full disk must not fail a step: what could not be written, the next flush writes with all the rest, or says why it can't. Holds the gate.</summary>
    /// <returns>False where the file has to be written anew.</returns>
    private bool TryWrite(Action<Stream> write)
    {
        try
        {
            if (_lines is not null)
                write(_lines);
        }
        catch (IOException)
        {
            _lines = null;
        }

        return _lines is not null;
    }

    /// <summary>Writes the whole file; goes on at its end.</summary>
    private void Replace()
    {
        _file?.Dispose();
        _file = null;
        MetricsEvent[] events;
        lock (_gate)
            events = [.. _events];
        AtomicFile.Write(_disk, _path, file =>
        {
            var lines = new BufferedStream(file, BufferBytes);
            foreach (var metrics in events)
                WriteLine(lines, MetricsJson.Write(metrics));
            lines.Flush();
        });
        _file = _disk.Append(_path);
        lock (_gate)
        {
            _lines = new BufferedStream(_file, BufferBytes);
            foreach (var metrics in _events.Skip(events.Length))
                TryWrite(lines => WriteLine(lines, MetricsJson.Write(metrics)));
        }
    }
}
