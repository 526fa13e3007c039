using DistTrain.Protocol;
using DistTrain.Worker.Jobs;
using DistTrain.Worker.Jobs.Servers;

namespace DistTrain.Worker.Tests.Jobs.Servers;

[Trait("Kind", "Fast")]
public class RollbackTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(9, 0)]
    [InlineData(10, 10)]
    [InlineData(37, 30)]
    public void It_begins_at_the_last_step_that_is_saved_for_sure(long step, long first) =>
        Assert.Equal(new PassedOver(first, step, 4), Rollback.From(step, everySteps: 10, generation: 4));

    [Fact]
    public void Going_back_three_times_without_an_update_that_stays_is_enough()
    {
        Assert.True(Rollback.IsProgress([], Of(12)));
        Assert.True(Rollback.IsProgress([Of(12), Of(13)], Of(19)));
        Assert.False(Rollback.IsProgress([Of(12), Of(13), Of(14)], Of(19)));
        // 20 begins the next interval: nothing lies between it and 19, and an update between it and 14.
        Assert.False(Rollback.IsProgress([Of(12), Of(13), Of(19)], Of(20)));
        Assert.True(Rollback.IsProgress([Of(12), Of(13), Of(14)], Of(20)));
        Assert.True(Rollback.IsProgress([Of(2), Of(3), Of(4), Of(15), Of(16)], Of(17)));
    }

    /// <summary>A checkpoint inside the range may hold steps that are passed over now; one of the generation that passes them over does not.</summary>
    [Fact]
    public void Checkpoints_of_another_history_are_not_gone_on_from()
    {
        var stored = new StoredCheckpoints
        {
            Checkpoints = { Stored(20, 1, 1), Stored(30, 1, 1), Stored(33, 1, 1), Stored(35, 2, 2), Stored(40, 1, 2) },
        };
        var usable = Assert.Single(Rollback.Usable([stored], [new PassedOver(30, 37, Generation: 2)])).Checkpoints;
        Assert.Equal([(20, true, 2), (30, true, 2), (35, true, 2), (40, false, 1)], usable.Select(c => (c.Step, c.Sealed, c.Parts.Count)));
        Assert.Equal(stored, Assert.Single(Rollback.Usable([stored], [])));
    }

    private static PassedOver Of(long step) => Rollback.From(step, everySteps: 10, generation: 2);

    private static StoredCheckpoint Stored(long step, params long[] generations) => new()
    {
        Step = step,
        Sealed = true,
        Parts = { generations.Select((generation, server) => new CheckpointPart { Step = step, Server = server, Generation = generation }) },
    };
}
