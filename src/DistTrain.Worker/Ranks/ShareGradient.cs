using System.Diagnostics;
using DistTrain.Observability.Traces;
using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;

namespace DistTrain.Worker.Ranks;

/// <summary>
/// The gradient of one rank's share of a step, in the replica's gradient vector: a function of (job, version, position, rank), whoever computes it and however
/// often. What a step tells of itself, to the ledger and to the servers, is told elsewhere.
/// </summary>
/// <param name="spec">The job.</param>
/// <param name="data">Its training set.</param>
/// <param name="replica">Holds the version.</param>
/// <param name="moments">Where BatchNorm layers meet those of other ranks; null where each rank is by itself.</param>
/// <param name="stop">Ends it, between two micro-batches.</param>
internal sealed class ShareGradient(TrainingSpec spec, ExampleSet data, Replica replica, MomentStream? moments, CancellationToken stop) : IShareGradient
{
    private readonly EpochOrder _order = new(spec.Seed, data);

    /// <inheritdoc/>
    public ParameterLayout Layout => replica.Layout;

    /// <inheritdoc/>
    public Memory<float> Gradient => replica.Gradient;

    /// <inheritdoc/>
    public Memory<float> Part(Bucket bucket) => replica.GradientOf(bucket);

    /// <inheritdoc/>
    public int Width => 1;

    /// <inheritdoc/>
    public ExampleSet Data => data;

    /// <inheritdoc/>
    public ShareResult Of(VersionHead head, int rank, StepTrace? trace = null)
    {
        var began = Stopwatch.GetTimestamp();
        var position = head.Position.ToPosition();
        // 1 Shard: the step's examples are perm(seed, group, epoch)[cursor, cursor + take); rank r owns the r-th contiguous slice, or, where
        // ranks train alone, all of it.
        var sharers = head.Sharing == Sharing.Alone ? 1 : spec.Workers;
        var examples = ExamplesOf(head, rank);
        replica.BeginStep();
        trace?.Add(SpanNames.Shard, began);

        // 2 Minibatches: every rank runs as many as the largest share needs, empty ones included, so that no exchange of moments waits for ever.
        var (total, used) = (default(BatchResult), 0);
        var size = spec.LargestMicroBatch;
        var microBatches = (Shard.LargestCount(sharers, head.Take) + size - 1) / size;
        // Each is divided by what all ranks have that share the replica: gradients are sums, and the server only adds.
        var (shown, divisor) = (DataOf(head), DivisorOf(head, rank));
        for (var index = 0; index < microBatches; index++)
        {
            stop.ThrowIfCancellationRequested();
            var microBatch = examples.Slice(used, Math.Min(size, examples.Length - used)).Span;
            used += microBatch.Length;
            var key = new MicroBatchKey(spec.Seed, position, rank, index);
            // Ranks that train on their own do not wait for each other.
            var exchange = head.Sharing == Sharing.Together ? moments?.Of(head.Version, index, rank) : null;
            // 3 Forward and backward.
            began = Stopwatch.GetTimestamp();
            total += head.Kind == StepKind.Statistics
                ? replica.Measure(shown, microBatch, divisor, key, exchange)
                : replica.Accumulate(shown, microBatch, divisor, key, exchange);
            trace?.Computed(began, replica.BackwardBegan);
        }

        replica.EndStep();
        return new ShareResult(total, examples[..used]);
    }

    /// <inheritdoc/>
    public string NotFinite(double lossSum) => Ranks.NotFinite.In(Layout, Gradient.Span, lossSum) ?? string.Empty;

    /// <inheritdoc/>
    public (double SquaredNorm, bool IsFinite) Judge(Bucket bucket, double lossSum)
    {
        var run = Part(bucket).Span;
        var trainable = Math.Clamp(Layout.TrainableLength - bucket.Offset, 0, bucket.Length);
        var squaredNorm = SquaredNorm.Of(run[..trainable]);
        return (squaredNorm, double.IsFinite(squaredNorm) && Ranks.NotFinite.IsFinite(run[trainable..]) && double.IsFinite(lossSum));
    }

    /// <summary>The rank's shard of a step.</summary>
    public ReadOnlyMemory<int> ExamplesOf(VersionHead head, int rank)
    {
        var position = head.Position.ToPosition();
        var sharers = head.Sharing == Sharing.Alone ? 1 : spec.Workers;
        var shard = Shard.Of(sharers == 1 ? 0 : rank, sharers, head.Take);
        return _order.Of(position).AsMemory(position.Cursor + shard.Start, shard.Count);
    }

    /// <summary>The training set as a step sees it.</summary>
    public ExampleSet DataOf(VersionHead head) => _order.DataOf(head.Position.ToPosition());

    /// <summary>What sums over a step are divided by, over all ranks that share the replica.</summary>
    public Divisor DivisorOf(VersionHead head, int rank)
    {
        var position = head.Position.ToPosition();
        return data.DivisorOf(head.Sharing == Sharing.Local ? ExamplesOf(head, rank).Span : _order.Of(position).AsSpan(position.Cursor, head.Take));
    }

    /// <summary>
    /// While the rank waits: copies what it will begin the next step with to where that is computed, if the step is what most are, the next one of the epoch
    /// and as long as this.
    /// </summary>
    /// <inheritdoc/>
    public void Prepare(VersionHead head, int rank)
    {
        var position = head.Position.ToPosition();
        var begin = position.Cursor + head.Take;
        if (begin + head.Take > data.Count)
            return;
        var sharers = head.Sharing == Sharing.Alone ? 1 : spec.Workers;
        var shard = Shard.Of(sharers == 1 ? 0 : rank, sharers, head.Take);
        replica.Prepare(DataOf(head), _order.Of(position).AsSpan(begin + shard.Start, Math.Min(shard.Count, spec.LargestMicroBatch)));
    }
}
