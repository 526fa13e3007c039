using DistTrain.ParameterServer.Metrics;
using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Tests.Metrics;

/// <summary>Events are recorded in their order, a step once all servers have told of it.</summary>
[Trait("Kind", "Fast")]
public sealed class PendingEventsTests
{
    private readonly List<MetricsEvent> _recorded = [];
    private readonly PendingEvents _pending;

    public PendingEventsTests() => _pending = new PendingEvents(_recorded.Add);

    [Fact]
    public void What_needs_nobody_is_recorded_at_once()
    {
        _pending.Add(Step(1));
        Assert.Equal([1], Numbers());
        Assert.True(_pending.IsEmpty);
        Assert.True(_pending.Until(1).IsCompletedSuccessfully);
    }

    [Fact]
    public void A_step_waits_for_all_servers_and_what_comes_after_it_behind_it()
    {
        double[]? totals = null;
        _pending.Add(Step(1), servers: 3, quantities: 2, all => totals = all);
        _pending.Add(new MetricsEvent { Evaluation = new EvaluationMetrics { Step = 1 } });
        _pending.Take(2, 1, [5, 50]);
        _pending.Take(0, 1, [1, 10, 2, 20]);
        var recorded = _pending.Until(1);
        Assert.Equal([], Numbers());
        Assert.False(recorded.IsCompleted || _pending.IsEmpty);
        // A server that is heard twice counts once.
        _pending.Take(2, 1, [7, 70]);
        Assert.Null(totals);
        _pending.Take(1, 1, [3, 30]);
        Assert.Equal([11, 110], totals!);
        Assert.Equal([1, 1], Numbers());
        Assert.True(recorded.IsCompletedSuccessfully && _pending.IsEmpty);
    }

    [Fact]
    public void A_server_may_tell_of_a_step_before_it_has_closed_here()
    {
        _pending.Take(1, 1, [2]);
        _pending.Take(1, 2, [4]);
        foreach (var step in new[] { 1, 2 })
        {
            double total = 0;
            _pending.Take(0, step, [1]);
            _pending.Add(Step(step), servers: 2, quantities: 1, all => total = all[0]);
            Assert.Equal(1 + (2 * step), total);
        }

        // And again what is recorded already: an answer was lost.
        _pending.Take(1, 1, [2]);
        Assert.Equal([1, 2], Numbers());
        Assert.True(_pending.IsEmpty);
    }

    [Fact]
    public void What_waits_for_a_version_does_not_wait_for_later_ones()
    {
        _pending.Add(Step(1), servers: 2, quantities: 1, _ => { });
        _pending.Add(Step(2), servers: 2, quantities: 1, _ => { });
        var (first, second) = (_pending.Until(1), _pending.Until(2));
        Tell(1);
        Assert.True(first.IsCompletedSuccessfully);
        Assert.False(second.IsCompleted);
        Tell(2);
        Assert.True(second.IsCompletedSuccessfully);
    }

    [Fact]
    public void When_nothing_more_comes_what_waits_is_not_recorded()
    {
        _pending.Add(Step(1), servers: 2, quantities: 1, _ => { });
        var recorded = _pending.Until(1);
        _pending.Forsake();
        Assert.True(recorded.IsCanceled);
        Assert.True(_pending.Until(1).IsCanceled);
        Assert.True(_pending.Until(0).IsCompletedSuccessfully);
        Tell(1);
        Assert.Equal([], Numbers());
    }

    private static MetricsEvent Step(long step) => new() { Step = new StepMetrics { Step = step } };

    private void Tell(long step)
    {
        _pending.Take(0, step, [1]);
        _pending.Take(1, step, [1]);
    }

    private IEnumerable<long> Numbers() => _recorded.Select(e => e.StepNumber);
}
