using System.Numerics;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;

namespace DistTrain.Torch.Landscape;

/// <summary>
/// The function of the weights that is looked at: the mean loss of stated examples. Ranks divide them as they divide a step's, in micro-batches,
/// and what each adds is the sum over its shard divided by the number of all.
/// </summary>
/// <param name="Data">Where the examples are.</param>
/// <param name="Examples">Their indices, at least one.</param>
/// <param name="Ranks">How many divide them.</param>
/// <param name="MicroBatch">Most examples in one pass.</param>
/// <param name="Mode">Which function of the weights.</param>
/// <param name="Seed">Of dropout, in training mode.</param>
/// <param name="Position">Where the version stands, for dropout in training mode.</param>
public sealed record Objective(ExampleSet Data, ReadOnlyMemory<int> Examples, int Ranks, int MicroBatch, CurvatureMode Mode, long Seed, Position Position)
{
    /// <summary>What sums over the examples are divided by.</summary>
    public Divisor Divisor { get; } = Data.DivisorOf(Examples.Span);

    /// <summary>Examples in the largest pass: the capacity of a replica.</summary>
    public int LargestPass => Math.Min(MicroBatch, Shard.LargestCount(Ranks, Examples.Length));

    /// <summary>Which examples are looked at: all of a set or, of more than are wanted, those that a first epoch of the seed would begin with: no order of a file decides.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="wanted">How many, at most.</param>
    /// <param name="count">How many there are.</param>
    public static int[] Choose(long seed, int wanted, int count) =>
        wanted < count ? Permutation.Of(seed, 0, 0, count)[..wanted] : [.. Enumerable.Range(0, count)];

    /// <summary>
    /// The loss that a step sees. Ranks that take BatchNorm's statistics together are one here: they are over as many examples as in the step, and, where
    /// those of a rank are one micro-batch and its shard as long as the others', over the same.
    /// </summary>
    /// <param name="spec">The job.</param>
    /// <param name="layout">Says whether there is a BatchNorm.</param>
    /// <param name="data">Its training set.</param>
    /// <param name="examples">The step's, of all ranks in their order.</param>
    /// <param name="position">Where it starts.</param>
    public static Objective OfStep(TrainingSpec spec, ParameterLayout layout, ExampleSet data, ReadOnlyMemory<int> examples, Position position)
    {
        var together = layout.Segments.Any(segment => segment.Kind == SegmentKind.Statistics) ? spec.BatchNorm.Scope.RanksOf(spec.Workers) : 1;
        return new Objective(data.At(position.Group, position.Epoch), examples, (spec.Workers + together - 1) / together, spec.LargestMicroBatch * together, CurvatureMode.Step, spec.Seed, position);
    }

    /// <summary>Adds a rank's part of the gradient to the replica's sum.</summary>
    /// <returns>Sums over its shard.</returns>
    /// <exception cref="OperationCanceledException">Asked to stop, between two micro-batches.</exception>
    public BatchResult AddGradient<T>(CurvatureReplica<T> replica, int rank, CancellationToken stop)
        where T : unmanaged, IFloatingPointIeee754<T> =>
        OfShard(rank, (examples, key) => replica.AddGradient(Data, examples.Span, Divisor, key), stop);

    /// <summary>Adds a rank's part of the product with the replica's direction to its sum.</summary>
    /// <inheritdoc cref="AddGradient"/>
    public BatchResult AddProduct<T>(CurvatureReplica<T> replica, int rank, CancellationToken stop)
        where T : unmanaged, IFloatingPointIeee754<T> =>
        OfShard(rank, (examples, key) => replica.AddProduct(Data, examples.Span, Divisor, key), stop);

    /// <summary>A rank's part of the loss.</summary>
    /// <inheritdoc cref="AddGradient"/>
    public BatchResult Measure<T>(CurvatureReplica<T> replica, int rank, CancellationToken stop)
        where T : unmanaged, IFloatingPointIeee754<T> =>
        OfShard(rank, (examples, key) => replica.Measure(Data, examples.Span, Divisor, key), stop);

    private BatchResult OfShard(int rank, Func<ReadOnlyMemory<int>, MicroBatchKey, BatchResult> pass, CancellationToken stop)
    {
        var shard = Shard.Of(rank, Ranks, Examples.Length);
        var total = default(BatchResult);
        for (var (index, at) = (0, shard.Start); at < shard.End; index++, at += MicroBatch)
        {
            stop.ThrowIfCancellationRequested();
            total += pass(Examples[at..Math.Min(at + MicroBatch, shard.End)], new MicroBatchKey(Seed, Position, rank, index));
        }

        return total;
    }
}
