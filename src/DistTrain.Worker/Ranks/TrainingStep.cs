using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DistTrain.Observability.Traces;
using DistTrain.Optimization.Order;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Torch.Replicas;
using Google.Protobuf;

namespace DistTrain.Worker.Ranks;

/// <summary>
/// One gradient, from shard to new version:
/// <code>
///  rank (this file)                                    parameter server (GradientIntake)
///  1  shard: this rank's slice of the step's examples          (ShareGradient)
///  2  minibatch: at most microBatch of them at a time
///  3  forward and backward on the replica
///  4  bucket: cut the flat gradient
///  5  push a chunk for each bucket          ───────▶   6  aggregate in rank-tree order      (BucketSum)
///                                                      7  schedule and optimizer step       (ReplicaUpdate)
///                                                      8  new parameter version             (StepClosing)
///  10 replica: the next version is whole    ◀───────   9  pull: buckets come back on the same stream
/// </code>
/// The step is a pure function of (job, version, position, rank): a rank that is lost is started again elsewhere and repeats it bit for bit.
/// </summary>
/// <param name="spec">The job.</param>
/// <param name="rank">The rank.</param>
/// <param name="gradient">Computes a share's gradient; the step adds what is told of it.</param>
/// <param name="servers">The rank's streams.</param>
/// <param name="trace">Where the step's parts are noted; null: nowhere.</param>
/// <param name="times">Told how long they took.</param>
internal sealed class TrainingStep(TrainingSpec spec, int rank, IShareGradient gradient, ServerAttachment servers, StepTrace? trace, RankTimes times) : IDisposable
{
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
        // 1–3 Shard, minibatches, forward and backward. The ledger is told what was really used, not what was planned.
        var started = times.Enter(RankStage.Compute);
        var own = gradient.Of(head, rank, trace);
        var compute = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        _used.Add(own.Used.Span);
        if (head.Replay is { } replay)
            Replay(replay, head);

        // 4–5 Buckets, each one chunk to the server that owns it.
        var computed = times.Enter(RankStage.Push);
        servers.Inbox.Expect(head.Version + 1);
        Push(head, own.Batch, compute, evaluationMilliseconds);
        gradient.Prepare(head, rank);

        // 6–9 happen at the servers; 10 the replica holds the next version when all its buckets and heads are there.
        times.Enter(RankStage.Wait);
        var next = servers.Inbox.WaitForVersion();
        var (pushed, came) = (long.MinValue, long.MaxValue);
        for (var server = 0; server < servers.Streams.Count; server++)
            (pushed, came) = (Math.Max(pushed, servers.Streams[server].LastSent), Math.Min(came, servers.Inbox.ArrivalOf(server).First));
        times.Stepped(started, computed, pushed, came);
        trace?.End(head.Version, servers.Streams, servers.Inbox);
        return next;
    }

    public void Dispose() => _used.Dispose();

    /// <summary>
    /// Two ranks tell the leader what they have computed of the same gradient. The one that does so for another comes to it after its own, for which
    /// others may wait in exchanges of moments, and before it pushes: the next version must not come in while it computes.
    /// </summary>
    private void Replay(ReplayOrder order, VersionHead head)
    {
        if (order.Rank == rank)
            SendDigest(head.Version, rank);
        if (order.By != rank)
            return;
        var began = Stopwatch.GetTimestamp();
        var own = gradient.Gradient.ToArray();
        _ = gradient.Of(head, order.Rank);
        SendDigest(head.Version, order.Rank);
        own.CopyTo(gradient.Gradient);
        trace?.Add(SpanNames.Replay, began);
    }

    private void SendDigest(long step, int of)
    {
        var digest = new GradientDigest { Step = step, Rank = of };
        foreach (var segment in gradient.Layout.Segments)
            digest.Segments.Add(ByteString.CopyFrom(SHA256.HashData(MemoryMarshal.AsBytes(gradient.Gradient.Span.Slice(segment.Offset, segment.Length)))));
        servers.Streams[0].Send(new RankMessage { Digest = digest });
    }

    private void Push(VersionHead head, BatchResult result, double computeMilliseconds, double evaluationMilliseconds)
    {
        var (step, layout) = (head.Version, gradient.Layout);
        // Where steps are judged over all ranks, what is told of the step says what is wrong with any. Statistics are of the whole training set: they can't be skipped.
        var failsAlone = _failsAlone || head.Kind == StepKind.Statistics;
        var contribution = new Contribution
        {
            Rank = rank,
            Examples = result.Examples,
            LossSum = result.LossSum,
            Correct = result.Correct,
            Beside = result.Beside,
            ComputeMilliseconds = computeMilliseconds,
            EvaluationMilliseconds = evaluationMilliseconds,
            NotFinite = failsAlone ? string.Empty : gradient.NotFinite(result.LossSum),
            ExamplesDigest = _used.Take(),
        };
        for (var server = 0; server < servers.Streams.Count; server++)
        {
            var (began, bytes) = (Stopwatch.GetTimestamp(), 0L);
            // Where the server sees the gradient, one message says that it is there. What is told of the step goes to each server once.
            var report = servers.Streams[server].SharesGradient ? new GradientReport { Step = step, Contribution = contribution } : null;
            Contribution? untold = contribution;
            foreach (var bucket in layout.Buckets.Take(layout.BucketsOf(server, servers.Streams.Count)))
            {
                var chunk = gradient.Part(bucket);
                var (squaredNorm, isFinite) = gradient.Judge(bucket, result.LossSum);
                if (failsAlone && !isFinite)
                    throw NotFinite.Fault(gradient, rank, step, result.LossSum);
                bytes += chunk.Length * sizeof(float);
                if (report is not null)
                    report.SquaredNorms.Add(squaredNorm);
                else
                    servers.Streams[server].Send(ChunkOf(step, bucket.Index, untold, squaredNorm), chunk);
                untold = null;
            }

            if (report is not null)
                servers.Streams[server].Send(new RankMessage { Report = report });
            trace?.Pushed(server, began, bytes);
        }
    }

    private static RankMessage ChunkOf(long step, int bucket, Contribution? contribution, double squaredNorm) => new()
    {
        Gradient = new GradientChunk { Step = step, Bucket = bucket, Contribution = contribution, SquaredNorm = squaredNorm },
    };
}
