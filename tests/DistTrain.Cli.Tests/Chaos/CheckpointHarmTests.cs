using DistTrain.Cli.Chaos;

namespace DistTrain.Cli.Tests.Chaos;

[Trait("Kind", "Fast")]
public sealed class CheckpointHarmTests : IDisposable
{
    private readonly SavedRun _run = new();

    [Theory]
    [InlineData(0, 0.0, "step-30/server-0.bin cut to 0 bytes")]
    [InlineData(0, 0.999, "step-30/server-1.bin cut to 255 bytes")]
    [InlineData(1, 0.5, "step-30/server-1.bin: a bit of byte 128 flipped")]
    [InlineData(1, 0.0, "step-30/server-0.bin: a bit of byte 0 flipped")]
    [InlineData(2, 0.3, "step-30/manifest.json deleted")]
    public void The_newest_checkpoint_is_harmed_and_the_one_before_stays(int harm, double place, string done)
    {
        Assert.Equal([30, 20], CheckpointHarm.Usable(_run.Path));

        Assert.Equal(done, CheckpointHarm.Do(_run.Path, (Harm)harm, place));

        Assert.Equal([20], CheckpointHarm.Usable(_run.Path));
        Assert.NotNull(CheckpointHarm.ProblemOf(_run.Path, 30));
        Assert.Equal((Harm)harm == Harm.NoManifest ? [20] : [30, 20], CheckpointHarm.Sealed(_run.Path));
    }

    public void Dispose() => _run.Dispose();
}
