using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Ranks;
using DistTrain.ParameterServer.Replicas;
using DistTrain.ParameterServer.Updates;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Training.Steps;
using Grpc.Core;

namespace DistTrain.ParameterServer.Partitions;

/// <summary>
/// Step 8 of the way of the data: buckets that are stepped are published, and with the last one the step closes: the version is committed, the next
/// step opens, and the ranks go on. All of it under the partition's gate, which is taken again behind what is waited for.
/// </summary>
internal sealed class StepClosing(
    PartitionPlan plan,
    PhaseStore phase,
    ReplicaSet replicas,
    RankFeed feed,
    IReplicaUpdate update,
    CheckpointSaver checkpoints,
    CourseFollower course,
    ReplayChecks? replays)
{
    /// <summary>A bucket's sum is complete, and where nothing spans buckets it is stepped. Holds the gate.</summary>
    public void Completed(ReplicaGroup replica, int index)
    {
        replica.CompleteCount++;
        if (plan.Rule.StepsAtOnce(replica.Open))
        {
            Publish(replica, index);
            if (replica.SteppedCount == replica.Buckets.Count)
                CloseStep(replica);
        }
        else if (replica.CompleteCount == replica.Buckets.Count)
        {
            _ = Task.Run(() => StepAllAsync(replica));
        }
    }

    /// <summary>7 for rules that need norms, and for steps that are judged: all buckets at once, outside of the gate.</summary>
    private async Task StepAllAsync(ReplicaGroup replica)
    {
        try
        {
            var verdict = await update.StepAllAsync(replica, index =>
            {
                lock (phase.Gate)
                    Publish(replica, index);
            });
            lock (phase.Gate)
            {
                if (verdict.Kind == VerdictKind.Fault)
                    Stall(new StepFault { Step = replica.Open.Version, Reason = verdict.Reason, RollsBack = plan.Job.Spec.Numerics.Policy == NumericsPolicies.Rollback });
                else
                    CloseStep(replica);
            }
        }
        catch (OperationCanceledException)
        {
            // Training was stopped: nobody waits for this step.
        }
        catch (Exception e)
        {
            // The edge of the task: whatever it is, the job learns the reason instead of waiting for the step for ever.
            var reason = e is RpcException rpc ? $"norms over the servers: {rpc.StatusCode}: {rpc.Status.Detail}" : $"{e.GetType().Name}: {e.Message}";
            lock (phase.Gate)
                phase.StallAt(new PartitionPhase.Stalled(null, reason));
        }
    }

    /// <summary>8, 9 A bucket is stepped: its replica's ranks get it, unless it is to be averaged first. Holds the gate.</summary>
    private void Publish(ReplicaGroup replica, int index)
    {
        replica.Stepped[index] = true;
        replica.SteppedCount++;
        if (!replica.Open.Averages)
            feed.SendBucket(replica, index, replica.Open.Version + 1);
    }

    /// <summary>8 All buckets are stepped. Holds the gate.</summary>
    private void CloseStep(ReplicaGroup replica)
    {
        // The last replica to await an average closes for all of them, also for one whose thread comes here only afterwards. Once training is
        // stopped, or given up for a newer generation, no step closes: its files may be somebody else's already.
        if (phase.IsStopped || replica.SteppedCount < replica.Buckets.Count)
            return;
        var closed = replica.Open;
        if (replays?.DifferenceIn(closed) is { } difference)
            Stall(new StepFault { Step = closed.Version, Reason = difference });
        else if (!closed.Averages)
            Close(replica, course.Next(replica));
        else if (replicas.ByRank.All(r => r.AwaitsAverage))
            CloseWithAverage(closed);
    }

    /// <summary>The open step must not be taken: it stays open, its ranks wait, and the job's grain learns why. Holds the gate.</summary>
    private void Stall(StepFault fault) => phase.StallAt(new PartitionPhase.Stalled(fault));

    private void Close(ReplicaGroup replica, OpenStep next)
    {
        replica.Times?.Close(plan, replica);
        replica.Close(next);
        var mayGoOn = replica.IsCommon ? checkpoints.Committed(replica, next) : Task.CompletedTask;
        if (replica.IsCommon && next.Sharing != Sharing.Together && !next.IsLast && !phase.Now.IsOver)
            replicas.Part(replica, next);
        _ = AnnounceAsync(replica.Ranks, mayGoOn);
    }

    /// <summary>All replicas have stepped a version that is to be averaged. Holds the gate.</summary>
    private void CloseWithAverage(OpenStep closed)
    {
        foreach (var replica in replicas.ByRank)
            replica.Times?.Close(plan, replica);
        var together = replicas.Average(closed, [.. replicas.ByRank.Select(course.Next)]);
        var mayGoOn = together is null ? Task.CompletedTask : checkpoints.Committed(together, together.Open);
        foreach (var replica in replicas.All)
        {
            for (var index = 0; index < plan.Buckets.Count; index++)
                feed.SendBucket(replica, index, replica.Open.Version);
            _ = AnnounceAsync(replica.Ranks, mayGoOn);
        }
    }

    /// <summary>9 Sends the heads of the open steps: with them the ranks go on. Holds the gate, and takes it again if it had to wait.</summary>
    private async Task AnnounceAsync(IReadOnlyList<int> ranks, Task mayGoOn)
    {
        await mayGoOn.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (phase.Gate)
        {
            feed.SendHeads(ranks);
        }
    }
}
