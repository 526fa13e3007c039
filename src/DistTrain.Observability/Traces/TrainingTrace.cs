using System.Diagnostics;

namespace DistTrain.Observability.Traces;

/// <summary>
/// One step of a job is one trace over all its ranks and servers. Its id is made of job, generation and step (<see cref="StepName"/>), so nobody
/// has to be told of it, and whether it is sampled comes out the same in every process. What is told was measured before: a step waits for nobody
/// who watches it.
/// </summary>
public static class TrainingTrace
{
    public const string Name = "DistTrain";

    private static readonly ActivitySource _source = NewSource();

    /// <summary>Of the step that this thread tells of.</summary>
    [ThreadStatic]
    private static ActivityTraceId? _told;

    /// <summary>Somebody listens; else nothing needs to be measured.</summary>
    public static bool IsOn => _source.HasListeners();

    /// <summary>Tells one process's part of a step: a span without a parent, for the others' are elsewhere, and the parts of it.</summary>
    /// <param name="step">Whose.</param>
    /// <param name="whole">The process's part.</param>
    /// <param name="parts">In the order of their ends; see <see cref="MeasuredSpan.IsInner"/>.</param>
    public static void Tell(StepName step, MeasuredSpan whole, IReadOnlyList<MeasuredSpan> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        // What runs here otherwise, a call for example, is not a part of the step, nor the other way round.
        var around = Activity.Current;
        (Activity.Current, _told) = (null, step.TraceId());
        try
        {
            var clock = SpanClock.Now();
            using var root = Start(step, whole, whole, default, clock);
            // Where the sampler does not want the step, there is nothing, or something that only carries its id.
            if (root is not { IsAllDataRequested: true })
                return;
            var outer = root.Context;
            foreach (var part in parts.Reverse())
            {
                using var activity = Start(step, whole, part, part.IsInner ? outer : root.Context, clock);
                if (!part.IsInner && activity is not null)
                    outer = activity.Context;
            }
        }
        finally
        {
            (Activity.Current, _told) = (around, null);
        }
    }

    private static Activity? Start(StepName step, MeasuredSpan whole, MeasuredSpan span, ActivityContext parent, SpanClock clock)
    {
        var activity = _source.StartActivity(span.Name, ActivityKind.Internal, parent, startTime: clock.At(span.Start));
        if (activity is null)
            return null;
        activity.SetTag("job", step.Job).SetTag("generation", step.Generation).SetTag("step", step.Step);
        if ((span.Rank ?? whole.Rank) is { } rank)
            activity.SetTag("rank", rank);
        if ((span.Server ?? whole.Server) is { } server)
            activity.SetTag("server", server);
        if (span.Bytes is { } bytes)
            activity.SetTag("bytes", bytes);
        activity.SetEndTime(clock.At(span.End).UtcDateTime);
        return activity;
    }

    /// <summary>A span without a parent begins a trace, which gets its id from here; a sampler sees it before the span is there.</summary>
    private static ActivitySource NewSource()
    {
        Activity.TraceIdGenerator = () => _told ?? ActivityTraceId.CreateRandom();
        return new ActivitySource(Name);
    }
}
