using System.Diagnostics;
using DistTrain.Observability.Traces;

namespace DistTrain.Worker.Ranks;

/// <summary>When the parts of a rank's step began and ended, told once it is over. Used by the rank's thread.</summary>
internal sealed class StepTrace
{
    private readonly RankAssignment _assignment;
    private readonly List<MeasuredSpan> _parts = [];
    private readonly List<MeasuredSpan> _pushes = [];
    private long _began;

    private StepTrace(RankAssignment assignment) => _assignment = assignment;

    /// <summary>Null where nobody listens: then nothing is kept.</summary>
    public static StepTrace? Of(RankAssignment assignment) => TrainingTrace.IsOn ? new StepTrace(assignment) : null;

    public void Begin()
    {
        _parts.Clear();
        _pushes.Clear();
        _began = Stopwatch.GetTimestamp();
    }

    /// <summary>A part that ends now.</summary>
    public void Add(string name, long began) => Add(name, began, Stopwatch.GetTimestamp());

    public void Add(string name, long began, long ended) => _parts.Add(new MeasuredSpan(name, began, ended));

    /// <summary>The passes of a micro-batch; where there is no gradient, the first alone.</summary>
    public void Computed(long began, long backward)
    {
        var now = Stopwatch.GetTimestamp();
        if (backward == 0)
        {
            Add(SpanNames.Forward, began, now);
            return;
        }

        // Exchanges stand before the pass that they are a part of.
        var exchangesOfForward = _parts.FindLastIndex(part => !part.IsInner || part.Start < backward) + 1;
        _parts.Insert(exchangesOfForward, new MeasuredSpan(SpanNames.Forward, began, backward));
        Add(SpanNames.Backward, backward, now);
    }

    /// <summary>An exchange within the pass that ends next.</summary>
    public void Exchanged(long began, long bytes) =>
        _parts.Add(new MeasuredSpan(SpanNames.Moments, began, Stopwatch.GetTimestamp()) { Server = 0, Bytes = bytes, IsInner = true });

    /// <summary>All chunks for a server are queued; when they were sent, its stream knows.</summary>
    public void Pushed(int server, long began, long bytes) =>
        _pushes.Add(new MeasuredSpan(SpanNames.Push, began, Stopwatch.GetTimestamp()) { Server = server, Bytes = bytes });

    /// <summary>The next version is whole: the step is over.</summary>
    public void End(long step, IReadOnlyList<ServerStream> streams, VersionInbox inbox)
    {
        var (sent, came, ended) = (0L, long.MaxValue, _began);
        foreach (var push in _pushes)
        {
            // All of it was sent, or there would be no answer; but who sends may not have come to noting it.
            var end = Math.Max(push.End, streams[push.Server!.Value].LastSent);
            _parts.Add(push with { End = end });
            sent = Math.Max(sent, end);
        }

        for (var server = 0; server < streams.Count; server++)
        {
            var (first, last, bytes) = inbox.ArrivalOf(server);
            _parts.Add(new MeasuredSpan(SpanNames.Pull, first, last) { Server = server, Bytes = bytes });
            (came, ended) = (Math.Min(came, first), Math.Max(ended, last));
        }

        if (came > sent)
            _parts.Add(new MeasuredSpan(SpanNames.Wait, sent, came));
        var whole = new MeasuredSpan(SpanNames.Step, _began, Stopwatch.GetTimestamp()) { Rank = _assignment.Rank };
        TrainingTrace.Tell(new StepName(_assignment.JobId, _assignment.Generation, step), whole, _parts);
    }
}
