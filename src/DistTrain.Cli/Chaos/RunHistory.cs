using System.Text.Json;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Display;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Client;

namespace DistTrain.Cli.Chaos;

/// <summary>
/// What a client sees of a run, and when: kept for the checker and the nemesis, and written line by line to <c>history.jsonl</c>. A job that
/// commits no step for long is given up, so that a hang is a result too.
/// </summary>
internal sealed class RunHistory : IJobDisplay, IDisposable
{
    /// <summary>Longer than the job itself waits for a server that is away.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly StreamWriter _file;
    private readonly CancellationTokenSource _over = new();
    private readonly List<long> _steps = [];
    private readonly List<ChildExit> _exits = [];
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastStepAt;
    private TimeSpan _longestStall;

    /// <param name="path">The file.</param>
    /// <param name="clock">Dates lines and measures waits.</param>
    public RunHistory(string path, TimeProvider clock)
    {
        _clock = clock;
        _file = new StreamWriter(path) { AutoFlush = true };
    }

    /// <summary>Steps in the order in which they were told.</summary>
    public IReadOnlyList<long> Steps
    {
        get
        {
            lock (_gate)
                return [.. _steps];
        }
    }

    /// <summary>Processes that ended before the cluster was ended.</summary>
    public IReadOnlyList<ChildExit> Exits
    {
        get
        {
            lock (_gate)
                return [.. _exits];
        }
    }

    /// <summary>The last committed step; 0 before the first.</summary>
    public long Step
    {
        get
        {
            lock (_gate)
                return _steps.Count == 0 ? 0 : _steps[^1];
        }
    }

    /// <summary>Cancelled when the job has ended or is not followed any more.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>Returns once a step of at least <paramref name="step"/> is committed.</summary>
    public async Task ReachedAsync(long step, CancellationToken cancel)
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (_steps.Count > 0 && _steps[^1] >= step)
                    return;
                more = _more.Task;
            }

            await more.WaitAsync(cancel);
        }
    }

    /// <summary>From now on <see cref="LongestStall"/> is measured anew.</summary>
    public void RestartStall()
    {
        lock (_gate)
            (_longestStall, _lastStepAt) = (TimeSpan.Zero, _clock.GetTimestamp());
    }

    /// <summary>Longest time without a committed step since <see cref="RestartStall"/>, up to the last step.</summary>
    public TimeSpan LongestStall
    {
        get
        {
            lock (_gate)
                return _longestStall;
        }
    }

    public void Exited(ChildExit exit)
    {
        lock (_gate)
            _exits.Add(exit);
        Write("exit", $"{exit.Name} (process {exit.ProcessId}), exit code {exit.Code}");
    }

    public void Note(string text) => Write("note", text);

    public void Submitted(string job) => Write("submitted", job);

    /// <exception cref="CommandException">No step was committed for two minutes.</exception>
    public async Task<JobSummary> FollowAsync(IAsyncEnumerable<JobEvent> events, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(Patience, _clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience.Token);
        var last = new JobSummary();
        try
        {
            await foreach (var next in events.WithCancellation(limit.Token))
            {
                last = next as JobSummary ?? last;
                if (next is StepMetrics step)
                {
                    patience.CancelAfter(Patience);
                    Committed(step.Step);
                }
                else
                {
                    Write(next);
                }
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw CommandException.Failed($"no step was committed for {Patience.TotalSeconds:0} s after step {Step}");
        }
        finally
        {
            End();
        }

        return last;
    }

    /// <summary>The job is not followed any more.</summary>
    public void End() => _over.Cancel();

    public void Completed(CompletedEvent completed)
    {
    }

    public void Failed(string job, string reason)
    {
    }

    public void Cancelled(string job)
    {
    }

    public void Dispose()
    {
        _file.Dispose();
        _over.Dispose();
    }

    /// <summary>A step was told.</summary>
    internal void Committed(long step)
    {
        TaskCompletionSource waiting;
        lock (_gate)
        {
            var now = _clock.GetTimestamp();
            var stall = _lastStepAt == 0 ? TimeSpan.Zero : _clock.GetElapsedTime(_lastStepAt, now);
            _longestStall = stall > _longestStall ? stall : _longestStall;
            _lastStepAt = now;
            _steps.Add(step);
            (waiting, _more) = (_more, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        waiting.TrySetResult();
        Write("step", $"{step}");
    }

    private void Write(JobEvent next)
    {
        if (next is LogLine log)
            Write("log", log.Text);
        else if (next is JobSummary summary)
            Write("state", $"{JobStates.Name(summary.State)} at step {summary.Step}{(summary.Error is { } error ? ": " + error : "")}");
        else if (next is EvaluationMetrics evaluation)
            Write("evaluation", $"{evaluation.Step}");
        else if (next is ValidationMetrics validation)
            Write("evaluation", $"{validation.Step}");
    }

    private void Write(string what, string text)
    {
        var line = JsonSerializer.Serialize(new HistoryLine(_clock.GetUtcNow(), what, text), ChaosLine.Json.HistoryLine);
        lock (_gate)
            _file.WriteLine(line);
    }
}

/// <summary>A line of <c>history.jsonl</c>.</summary>
/// <param name="At">When it was seen, UTC.</param>
/// <param name="What">step, evaluation, log, state, exit, note or submitted.</param>
/// <param name="Text">The step's number, the log's text, ….</param>
internal sealed record HistoryLine(DateTimeOffset At, string What, string Text);
