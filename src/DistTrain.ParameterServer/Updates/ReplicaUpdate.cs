using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Threads;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Exchanges;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Updates;

/// <summary>
/// Step 7 of the way of the data: from complete sums to the next version's elements, bucket by bucket as they complete, or all of them once
/// their norms are known and the step is judged.
/// </summary>
internal sealed class ReplicaUpdate(PartitionPlan plan, ReplicaSet replicas, NormSharing norms, CheckpointSaver checkpoints, BucketLoop loop) : IReplicaUpdate
{
    /// <inheritdoc/>
    public void StepBucket(ReplicaGroup replica, BucketState state)
    {
        replica.Times?.UpdateBegins();
        StepBucket(replica, state, plan.Rule.TimeOf(replica.Open));
        replica.Times?.UpdateEnds();
    }

    /// <inheritdoc/>
    public async Task<Verdict> StepAllAsync(ReplicaGroup replica, Action<int> stepped)
    {
        var open = replica.Open;
        replica.Times?.UpdateBegins();
        replica.Norms = await NormsAsync(replica, open);
        var verdict = replica.Verdict = plan.Judge.Of(open, [.. replica.Buckets[0].Contributions.Select(c => c!)], replica.Norms);
        if (verdict.Kind == VerdictKind.Fault)
            return verdict;
        replicas.ForgetBefore(replica);
        if (verdict.IsSkip)
        {
            Keep(replica, stepped);
            replica.Times?.UpdateEnds();
            return verdict;
        }

        var time = plan.Rule.TimeOf(open, plan.Rule.GradientScale(replica.Norms));
        if (plan.Rule.Optimizer.Norms > 0)
        {
            Measure(replica, time);
            replica.Update.Combine((await norms.AllAsync(replica.Index, open.Version, NormRound.Tensors, replica.Update.PieceSums)).Span);
        }

        loop.Run(replica.Buckets.Count, fromEnd =>
        {
            // Backwards: what was measured last is still in the cache.
            var index = replica.Buckets.Count - 1 - fromEnd;
            var state = replica.Buckets[index];
            lock (state.Gate)
                StepBucket(replica, state, time);
            stepped(index);
        });
        replica.Times?.UpdateEnds();
        return verdict;
    }

    private void StepBucket(ReplicaGroup replica, BucketState state, in UpdateTime time)
    {
        replicas.ForgetBefore(replica);
        Capture(replica, state);
        var bucket = state.Bucket;
        replica.Update.Step(replica.Open, time, bucket, state.Examples, replica.Committed(bucket).Span, state.Sum.Total, replica.Next(bucket).Span);
    }

    private void Measure(ReplicaGroup replica, UpdateTime time) => loop.Run(replica.Buckets.Count, index =>
    {
        var state = replica.Buckets[index];
        lock (state.Gate)
        {
            Capture(replica, state);
            replica.Update.Measure(state.Bucket, time, replica.Committed(state.Bucket).Span, state.Sum.Total, replica.Next(state.Bucket).Span);
        }
    });

    private void Keep(ReplicaGroup replica, Action<int> stepped) => loop.Run(replica.Buckets.Count, index =>
    {
        var state = replica.Buckets[index];
        lock (state.Gate)
        {
            Capture(replica, state);
            replica.Update.Keep(replica.Open, state.Bucket, replica.Committed(state.Bucket).Span, replica.Next(state.Bucket).Span);
        }

        stepped(index);
    });

    /// <summary>A snapshot that is still in the making gets the bucket before an update touches it. The caller holds the bucket's gate.</summary>
    private void Capture(ReplicaGroup replica, BucketState state)
    {
        if (checkpoints.Pending is { } snapshot && snapshot.Replica == replica)
            replica.CaptureLocked(snapshot, state);
    }

    /// <summary>Squared norms of the averaged gradient and of each rank's, as far as clipping, the noise or the judge need them.</summary>
    private async ValueTask<StepNorms> NormsAsync(ReplicaGroup replica, OpenStep open)
    {
        if (!plan.Rule.NeedsNorm(open))
            return StepNorms.None;
        var sums = await norms.AllAsync(replica.Index, open.Version, NormRound.Gradient, GradientNorm.PieceSums(replica, loop));
        var square = GradientNorm.Total(sums.Span);
        if (!plan.Rule.NeedsRankNorms(open))
            return new StepNorms(square, []);
        var ranks = await norms.AllAsync(replica.Index, open.Version, NormRound.Ranks, GradientNorm.RankSums(replica));
        return new StepNorms(square, GradientNorm.TotalByRank(ranks.Span, replica.Ranks.Count));
    }
}
