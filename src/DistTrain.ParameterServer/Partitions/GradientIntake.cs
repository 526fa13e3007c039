using DistTrain.Observability;
using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Threads;
using DistTrain.ParameterServer.Exchanges;
using DistTrain.ParameterServer.Ranks;
using DistTrain.ParameterServer.Replicas;
using DistTrain.ParameterServer.Updates;
using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Partitions;

/// <summary>
/// Where a partition's ranks push their gradients: each chunk is counted once, in the replica that its rank trains, and the last one of a bucket steps it.
/// A bucket's gate is never held while the partition's is taken.
/// </summary>
internal sealed class GradientIntake(
    PartitionPlan plan, PhaseStore phase, ReplicaSet replicas, IReplicaUpdate update, StepClosing closing, RankFeed feed, BucketLoop loop)
{
    private readonly KeyValuePair<string, object?> _label = TrainingMeter.Job(plan.JobId);

    /// <summary>
    /// Counts one chunk. The last chunk of a bucket steps it and sends it to every rank of the replica; the last bucket closes the step. A rule
    /// that needs norms waits for the last bucket before any is stepped.
    /// </summary>
    public void Push(RankSession session, in Chunk chunk)
    {
        var replica = replicas.Of(session.Rank);
        var index = chunk.Bucket - (plan.Buckets.Count == 0 ? 0 : plan.Buckets[0].Index);
        Refusal.If(index < 0 || index >= plan.Buckets.Count, $"bucket {chunk.Bucket} is not one of this server's");
        var state = replica.Buckets[index];
        Refusal.If(chunk.Length != state.Bucket.Length * plan.Width, $"bucket {chunk.Bucket} has {state.Bucket.Length * plan.Width} elements, the chunk {chunk.Length}");
        Refusal.If(chunk.Contribution is null, $"rank {session.Rank} pushes bucket {chunk.Bucket} of step {chunk.Step}, of which it has not said its contribution");
        Refusal.If(chunk.Contribution!.Rank != session.Rank, $"the stream of rank {session.Rank} brings a chunk of rank {chunk.Contribution.Rank}");

        var arrival = Count(session.Rank, replica, state, chunk);
        lock (phase.Gate)
            Counted(session, replica, index, chunk.Step, arrival);
    }

    /// <summary>Counts all of a rank's chunks, which lie in memory that both see.</summary>
    public void Push(RankSession session, GradientReport report)
    {
        var contribution = report.Contribution;
        Refusal.If(contribution is null, $"rank {session.Rank} reports a gradient without its contribution");
        Refusal.If(contribution!.Rank != session.Rank, $"the stream of rank {session.Rank} brings a report of rank {contribution.Rank}");
        Refusal.If(session.Gradient is null, $"rank {session.Rank} reports a gradient in memory that this server does not see");
        Refusal.If(report.SquaredNorms.Count != plan.Buckets.Count, $"rank {session.Rank} reports {report.SquaredNorms.Count} squared norms of {plan.Buckets.Count} buckets");
        var replica = replicas.Of(session.Rank);
        loop.Run(plan.Buckets.Count, index =>
        {
            var bucket = plan.Buckets[index];
            var values = session.Gradient!.Value.Slice((bucket.Offset - plan.Offset) * plan.Width, bucket.Length * plan.Width);
            session.Arrivals[index] = Count(session.Rank, replica, replica.Buckets[index], new Chunk(report, index, bucket.Index, values));
        });
        lock (phase.Gate)
        {
            for (var index = 0; index < session.Arrivals.Length; index++)
                Counted(session, replica, index, report.Step, session.Arrivals[index]);
        }
    }

    /// <summary>Adds a chunk to its bucket's sum, and steps the bucket if it was the last and nothing of the update spans buckets.</summary>
    /// <returns>Null: nothing more is counted.</returns>
    private Arrival? Count(int rank, ReplicaGroup replica, BucketState state, in Chunk chunk)
    {
        TrainingMeter.GradientBytes.Add(chunk.Length * sizeof(float), _label);
        lock (state.Gate)
        {
            var open = replica.Open;
            // What a replaying rank pushes of the last step is answered like that of any other.
            if (phase.IsStopped || (open.IsLast && chunk.Step >= open.Version))
                return null;
            Refusal.If(chunk.Step > open.Version, $"rank {rank} pushes step {chunk.Step}, the open one is {open.Version}");
            if (chunk.Step < open.Version)
                return Arrival.Duplicate;

            // 6 Aggregate along the rank tree, never in order of arrival.
            replica.Times?.Arrived(chunk.Length * sizeof(float));
            var member = rank - replica.Index;
            var arrival = chunk.AddTo(state.Sum, member);
            if (arrival != Arrival.Duplicate)
                state.Said(member, chunk.Contribution!, chunk.SquaredNorm);
            if (arrival != Arrival.Complete)
                return arrival;
            replica.Times?.Summed();

            // 7 Update, where nothing of it spans buckets.
            if (plan.Rule.StepsAtOnce(open))
                update.StepBucket(replica, state);
            return arrival;
        }
    }

    /// <summary>A chunk has been counted. Holds the gate.</summary>
    private void Counted(RankSession session, ReplicaGroup replica, int index, long step, Arrival? arrival)
    {
        // 8, 9 Version and pull.
        if (arrival == Arrival.Complete)
        {
            closing.Completed(replica, index);
        }
        else if (arrival == Arrival.Duplicate)
        {
            TrainingMeter.DuplicateGradients.Add(1, _label);
            feed.SendMissed(session, step, index);
        }
    }
}
