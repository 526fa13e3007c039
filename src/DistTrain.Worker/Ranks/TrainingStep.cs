using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DistTrain.Observability.Traces;
using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Order;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Models;
using DistTrain.Torch.Replicas;
using Google.Protobuf;
using Position = DistTrain.Optimization.Order.Position;

namespace DistTrain.Worker.Ranks;

/// <summary>
/// One gradient, from shard to new version:
/// <code>
///  rank (this file)                                    parameter server (Partition.cs)
///  1  shard: this rank's slice of the step's examples
///  2  minibatch: at most microBatch of them at a time
///  3  forward and backward on the replica
///  4  bucket: cut the flat gradient
///  5  push a chunk for each bucket          ───────▶   6  aggregate in rank-tree order      (BucketSum)
///                                                      7  schedule and optimizer step       (ReplicaUpdate)
///                                                      8  new parameter version             (Publish, CloseStep)
///  10 replica: the next version is whole    ◀───────   9  pull: buckets come back on the same stream
/// </code>
/// The step is a pure function of (job, version, position, rank): a rank that is lost is started again elsewhere and repeats it bit for bit.
/// </summary>
internal sealed class TrainingStep(
    TrainingSpec spec,
    int rank,
    Dataset data,
    Replica replica,
    IReadOnlyList<ServerStream> streams,
    VersionInbox inbox,
    MomentStream? moments,
    StepTrace? trace,
    CancellationToken stop) : IDisposable
{
    private readonly EpochOrder _order = new(spec.Seed, data.Train.Count);
    private readonly ExampleDigest _used = new();
    private readonly bool _failsAlone = spec.Numerics.Policy == NumericsPolicies.Stop;

    /// <summary>Computes and pushes this rank's gradient of the step that starts at <paramref name="head"/>, and waits for the next version.</summary>
    /// <param name="head">The version the replica holds.</param>
    /// <param name="evaluationMilliseconds">Time the rank spent on evaluation since its last step.</param>
    /// <returns>The head of the version the replica holds now.</returns>
    /// <exception cref="RankFaultException">A gradient, its moments or the loss are not finite, and the job stops at that or the step can't be skipped.</exception>
    /// <exception cref="OperationCanceledException">The rank is to stop: between two micro-batches, so that it can go on elsewhere at once.</exception>
    public VersionHead Run(VersionHead head, double evaluationMilliseconds)
    {
        var position = head.Position.ToPosition();

        // 1–3 Shard, minibatches, forward and backward.
        var started = Stopwatch.GetTimestamp();
        var result = Compute(rank, head, position);
        var compute = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        if (head.Replay is { } replay)
            Replay(replay, head, position);

        // 4–5 Buckets, each one chunk to the server that owns it.
        inbox.Expect(head.Version + 1);
        Push(head, result, compute, evaluationMilliseconds);

        // 6–9 happen at the servers; 10 the replica holds the next version when all its buckets and heads are there.
        var next = inbox.WaitForVersion();
        trace?.End(head.Version, streams, inbox);
        return next;
    }

    public void Dispose() => _used.Dispose();

    /// <summary>The gradient of one rank's share of a step, in the replica's gradient vector.</summary>
    private BatchResult Compute(int of, VersionHead head, Position position)
    {
        var began = Stopwatch.GetTimestamp();
        // 1 Shard: the step's examples are perm(seed, group, epoch)[cursor, cursor + take); rank r owns the r-th contiguous slice, or, where
        // ranks train alone, all of it.
        var sharers = head.Sharing == Sharing.Alone ? 1 : spec.Workers;
        var shard = Shard.Of(sharers == 1 ? 0 : of, sharers, head.Take);
        var examples = _order.Of(position).AsSpan(position.Cursor + shard.Start, shard.Count);
        replica.BeginStep();
        if (of == rank)
            trace?.Add(SpanNames.Shard, began);
        return ForwardAndBackward(of, examples, Shard.LargestCount(sharers, head.Take), head, position);
    }

    /// <summary>
    /// Two ranks tell the leader what they have computed of the same gradient. The one that does so for another comes to it after its own, for which
    /// others may wait in exchanges of moments, and before it pushes: the next version must not come in while it computes.
    /// </summary>
    private void Replay(ReplayOrder order, VersionHead head, Position position)
    {
        if (order.Rank == rank)
            SendDigest(head.Version, rank);
        if (order.By != rank)
            return;
        var began = Stopwatch.GetTimestamp();
        var own = replica.Gradient.ToArray();
        _ = Compute(order.Rank, head, position);
        SendDigest(head.Version, order.Rank);
        own.CopyTo(replica.Gradient);
        trace?.Add(SpanNames.Replay, began);
    }

    private void SendDigest(long step, int of)
    {
        var digest = new GradientDigest { Step = step, Rank = of };
        foreach (var segment in replica.Layout.Segments)
            digest.Segments.Add(ByteString.CopyFrom(SHA256.HashData(MemoryMarshal.AsBytes(replica.Gradient.Span.Slice(segment.Offset, segment.Length)))));
        streams[0].Send(new RankMessage { Digest = digest });
    }

    private BatchResult ForwardAndBackward(int of, ReadOnlySpan<int> examples, int largestShare, VersionHead head, Position position)
    {
        var total = default(BatchResult);
        // Every rank runs as many micro-batches as the largest share needs, empty ones included, so that no exchange of moments waits for ever.
        var size = spec.LargestMicroBatch;
        var microBatches = (largestShare + size - 1) / size;
        // Each micro-batch is divided by the examples of all ranks that share the replica: gradients are sums, and the server only adds.
        var divisor = head.Sharing == Sharing.Local ? examples.Length : head.Take;
        for (var index = 0; index < microBatches; index++)
        {
            stop.ThrowIfCancellationRequested();
            var from = Math.Min(index * size, examples.Length);
            var microBatch = examples[from..Math.Min(from + size, examples.Length)];
            // For the ledger: what is really used, not what was planned.
            if (of == rank)
                _used.Add(microBatch);
            var key = new MicroBatchKey(spec.Seed, position, of, index);
            // Ranks that train on their own do not wait for each other.
            var exchange = head.Sharing == Sharing.Together ? moments?.Of(head.Version, index, of == rank ? null : of) : null;
            var began = Stopwatch.GetTimestamp();
            total += head.Kind == StepKind.Statistics
                ? replica.Measure(data.Train, microBatch, key, exchange)
                : replica.Accumulate(data.Train, microBatch, divisor, key, exchange);
            if (of == rank)
                trace?.Computed(began, replica.BackwardBegan);
        }

        return total;
    }

    private void Push(VersionHead head, BatchResult result, double computeMilliseconds, double evaluationMilliseconds)
    {
        var (step, layout) = (head.Version, replica.Layout);
        // Where steps are judged over all ranks, each chunk says what is wrong with any. Statistics are of the whole training set: they can't be skipped.
        var failsAlone = _failsAlone || head.Kind == StepKind.Statistics;
        var notFinite = failsAlone ? string.Empty : NotFinite.In(replica, result.LossSum) ?? string.Empty;
        var digest = _used.Take();
        for (var server = 0; server < streams.Count; server++)
        {
            var (began, bytes) = (Stopwatch.GetTimestamp(), 0L);
            foreach (var bucket in layout.Buckets.Take(layout.BucketsOf(server, streams.Count)))
            {
                var chunk = replica.Gradient.Slice(bucket.Offset, bucket.Length);
                var trainable = Math.Clamp(layout.TrainableLength - bucket.Offset, 0, bucket.Length);
                var squaredNorm = SquaredNorm.Of(chunk.Span[..trainable]);
                if (failsAlone && !(double.IsFinite(squaredNorm) && NotFinite.IsFinite(chunk.Span[trainable..]) && double.IsFinite(result.LossSum)))
                    throw NotFinite.Fault(replica, data.Train, rank, step, result.LossSum);
                streams[server].Send(
                    new RankMessage
                    {
                        Gradient = new GradientChunk
                        {
                            Step = step,
                            Bucket = bucket.Index,
                            Contribution = new Contribution
                            {
                                Rank = rank,
                                Examples = result.Examples,
                                LossSum = result.LossSum,
                                Correct = result.Correct,
                                SquaredNorm = squaredNorm,
                                ComputeMilliseconds = computeMilliseconds,
                                EvaluationMilliseconds = evaluationMilliseconds,
                                NotFinite = notFinite,
                                ExamplesDigest = digest,
                            },
                        },
                    },
                    chunk);
                bytes += chunk.Length * sizeof(float);
            }

            trace?.Pushed(server, began, bytes);
        }
    }
}
