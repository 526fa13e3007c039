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
internal sealed class ReplicaUpdate(PartitionPlan plan, ReplicaSet replicas, NormSharing norms, CheckpointSaver checkpoints, BucketLoop loop)
{
    /// <summary>The noise of the gradients is measured in this step.</summary>
    public bool MeasuresNoise(OpenStep open) => plan.Course.MeasuresNoise && open.Sharing == Sharing.Together;

    /// <summary>Steps one bucket by itself; the caller holds its gate.</summary>
    public void StepBucket(ReplicaGroup replica, BucketState state)
    {
        replica.Times?.UpdateBegins();
        StepBucket(replica, state, TimeOf(replica.Open, gradientScale: 1));
        replica.Times?.UpdateEnds();
    }

    /// <summary>
    /// The update for rules that need norms over tensors or over the whole gradient, and of steps that are judged: all buckets are there, none is
    /// stepped.
    /// </summary>
    /// <param name="replica">Whose.</param>
    /// <param name="stepped">Called with the index of each bucket that is stepped, from several threads, outside of its gate.</param>
    /// <returns>What became of the step; after a fault, no bucket is stepped.</returns>
    /// <exception cref="OperationCanceledException">Training was stopped while servers added up their norms.</exception>
    /// <exception cref="Grpc.Core.RpcException">The leader is away, or refuses.</exception>
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

        var time = TimeOf(open, GradientScale(replica.Norms));
        if (plan.Optimizer.Norms > 0)
        {
            loop.Run(replica.Buckets.Count, index =>
            {
                var state = replica.Buckets[index];
                lock (state.Gate)
                {
                    Capture(replica, state);
                    replica.Measure(state, time);
                }
            });
            replica.Combine((await norms.AllAsync(replica.Index, open.Version, round: 1, replica.PieceSums)).Span);
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

    private void Keep(ReplicaGroup replica, Action<int> stepped) => loop.Run(replica.Buckets.Count, index =>
    {
        var state = replica.Buckets[index];
        lock (state.Gate)
        {
            Capture(replica, state);
            replica.Keep(state);
        }

        stepped(index);
    });

    private void StepBucket(ReplicaGroup replica, BucketState state, in UpdateTime time)
    {
        replicas.ForgetBefore(replica);
        Capture(replica, state);
        replica.Step(state, time);
    }

    private UpdateTime TimeOf(OpenStep open, double gradientScale) =>
        new(open.SlotAge, open.Rate, open.PreviousRate, plan.Course.EpochsAt(open.Position), gradientScale);

    /// <summary>A snapshot that is still in the making gets the bucket before an update touches it. The caller holds the bucket's gate.</summary>
    private void Capture(ReplicaGroup replica, BucketState state)
    {
        if (checkpoints.Pending is { } snapshot && snapshot.Replica == replica)
            replica.CaptureLocked(snapshot, state);
    }

    /// <summary>Squared norms of the averaged gradient and of each rank's, as far as clipping, the noise or the judge need them.</summary>
    private async ValueTask<StepNorms> NormsAsync(ReplicaGroup replica, OpenStep open)
    {
        if (plan.ClipNorm == 0 && !MeasuresNoise(open) && !plan.Judge.Judges(open))
            return StepNorms.None;
        var sums = await norms.AllAsync(replica.Index, open.Version, round: 0, GradientNorm.PieceSums(replica, loop));
        var square = GradientNorm.Total(sums.Span);
        if (!MeasuresNoise(open) && !plan.Judge.FindsOutliers(open))
            return new StepNorms(square, []);
        var ranks = await norms.AllAsync(replica.Index, open.Version, round: 2, GradientNorm.RankSums(replica));
        return new StepNorms(square, GradientNorm.TotalByRank(ranks.Span, replica.Ranks.Count));
    }

    /// <summary>The factor that brings the whole gradient's norm down to the limit; 1 when it is below, or when there is none.</summary>
    private double GradientScale(in StepNorms norms)
    {
        var norm = Math.Sqrt(norms.AverageSquare);
        return plan.ClipNorm > 0 && norm > plan.ClipNorm ? plan.ClipNorm / norm : 1;
    }
}
