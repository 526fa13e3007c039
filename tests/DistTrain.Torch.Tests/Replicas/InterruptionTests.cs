using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;

namespace DistTrain.Torch.Tests.Replicas;

/// <summary>Alone in its process: it looks at the memory of all of it.</summary>
[CollectionDefinition(nameof(InterruptionTests), DisableParallelization = true)]
[Collection(nameof(InterruptionTests))]
[Trait("Kind", "Process")]
public class InterruptionTests
{
    private static readonly Dataset Digits = DatasetReader.Read(new DatasetRecipe("digits", null, 64, 64));

    private static readonly int[] Examples = [.. Enumerable.Range(0, 48)];

    public InterruptionTests() => NativeEnvironment.Prepare();

    /// <summary>The graph of a pass that another rank's end had cut short kept the replica's vectors for ever: a silo grew with each fault beside it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_pass_that_is_interrupted_leaves_nothing_behind(bool isInForward)
    {
        Interrupt(isInForward);
        // What is kept for ever grows each time, what an allocator keeps for later does not.
        var shares = Enumerable.Range(0, 3).Select(_ => Growth(isInForward)).ToList();
        Assert.InRange(shares.Min(), double.NegativeInfinity, 1.0 / 3);
    }

    /// <returns>By how much the process grew, as a share of the vectors of the replicas that were interrupted.</returns>
    private static double Growth(bool isInForward)
    {
        const int Replicas = 12;
        var before = Environment.WorkingSet;
        var bytes = 0L;
        for (var i = 0; i < Replicas; i++)
            bytes += Interrupt(isInForward);
        return (double)(Environment.WorkingSet - before) / bytes;
    }

    /// <returns>Size of the replica's vectors.</returns>
    private static long Interrupt(bool isInForward)
    {
        var spec = Specs.Of("model.name=custom", "model.layers=[flatten, {linear: 4096}, {norm: batch}, relu, {linear: 10}]");
        using var replica = new Replica(ModelBlueprint.Of(spec, Digits.Train.Shape, Digits.Train.Classes), capacity: 64);
        VersionZero.Fill(replica.Layout, seed: 3, offset: 0, replica.Parameters.Span);
        replica.BeginStep();
        var key = new MicroBatchKey(Seed: 3, Position.Start(), Rank: 0, Index: 0);
        Assert.Throws<OperationCanceledException>(() => replica.Accumulate(Digits.Train, Examples, Digits.Train.DivisorOf(Examples), key, new InterruptedExchange(isInForward)));
        return 2L * sizeof(float) * replica.Layout.Length;
    }

    private sealed class InterruptedExchange(bool isInForward) : IMomentExchange
    {
        public BatchMoments Merge(int layer, BatchMoments own) => isInForward ? throw new OperationCanceledException() : own;

        public double[] Sum(int layer, double[] own) => throw new OperationCanceledException();
    }
}
