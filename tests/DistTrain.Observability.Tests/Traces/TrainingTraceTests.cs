using System.Diagnostics;
using DistTrain.Observability.Traces;

namespace DistTrain.Observability.Tests.Traces;

[Trait("Kind", "Fast")]
public class TrainingTraceTests
{
    private static readonly StepName _step = new("mnist", 2, 17);

    [Fact]
    public void A_step_has_its_own_trace_and_is_no_part_of_what_runs_around_it()
    {
        List<Activity> told = [];
        using var listener = Listen(told, ActivitySamplingResult.AllDataAndRecorded);
        using var around = new Activity("a call").Start();
        var began = Stopwatch.GetTimestamp();
        var second = Stopwatch.Frequency;
        TrainingTrace.Tell(
            _step,
            new MeasuredSpan("step", began, began + (4 * second)) { Rank = 1 },
            [
                new MeasuredSpan("moments", began, began + second) { Bytes = 8, IsInner = true },
                new MeasuredSpan("forward", began, began + (2 * second)),
                new MeasuredSpan("backward", began + (2 * second), began + (3 * second)),
            ]);

        Assert.Same(around, Activity.Current);
        var spans = told.Where(a => a.TraceId == _step.TraceId()).ToDictionary(a => a.OperationName);
        Assert.Equal(["backward", "forward", "moments", "step"], spans.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(default, spans["step"].ParentSpanId);
        Assert.Equal(spans["step"].SpanId, spans["forward"].ParentSpanId);
        Assert.Equal(spans["step"].SpanId, spans["backward"].ParentSpanId);
        Assert.Equal(spans["forward"].SpanId, spans["moments"].ParentSpanId);
        Assert.Equal([4.0, 2, 1, 1], new[] { "step", "forward", "backward", "moments" }.Select(name => Math.Round(spans[name].Duration.TotalSeconds, 3)));
        Assert.Equal(spans["forward"].StartTimeUtc + spans["forward"].Duration, spans["backward"].StartTimeUtc);
        Assert.All(spans.Values, span => Assert.Equal(["mnist", 2L, 17L, 1], new[] { "job", "generation", "step", "rank" }.Select(span.GetTagItem)));
        Assert.Equal(8L, spans["moments"].GetTagItem("bytes"));
    }

    [Fact]
    public void The_sampler_is_asked_with_the_id_of_the_step_and_what_it_does_not_want_is_not_told()
    {
        List<Activity> told = [];
        List<ActivityTraceId> asked = [];
        using var listener = Listen(told, ActivitySamplingResult.PropagationData, asked);
        TrainingTrace.Tell(_step, new MeasuredSpan("step", 1, 2), [new MeasuredSpan("forward", 1, 2)]);
        Assert.Equal([_step.TraceId()], asked);
        Assert.DoesNotContain(told, a => a.OperationName == "forward");
    }

    [Fact]
    public void The_parts_of_a_server_have_its_number()
    {
        List<Activity> told = [];
        using var listener = Listen(told, ActivitySamplingResult.AllDataAndRecorded);
        TrainingTrace.Tell(_step, new MeasuredSpan(SpanNames.Commit, 1, 3) { Server = 1 }, [new MeasuredSpan(SpanNames.Update, 2, 3)]);
        var spans = told.Where(a => a.TraceId == _step.TraceId()).ToList();
        Assert.Equal([SpanNames.Update, SpanNames.Commit], spans.Select(a => a.OperationName));
        Assert.All(spans, span => Assert.Equal(1, span.GetTagItem("server")));
        Assert.All(spans, span => Assert.Null(span.GetTagItem("rank")));
    }

    [Fact]
    public void It_is_on_while_somebody_listens()
    {
        Assert.False(TrainingTrace.IsOn);
        using (Listen([], ActivitySamplingResult.AllDataAndRecorded))
            Assert.True(TrainingTrace.IsOn);
        Assert.False(TrainingTrace.IsOn);
    }

    private static ActivityListener Listen(List<Activity> told, ActivitySamplingResult result, List<ActivityTraceId>? asked = null)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == TrainingTrace.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
            {
                asked?.Add(options.TraceId);
                return result;
            },
            ActivityStopped = told.Add,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
