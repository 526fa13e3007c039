using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Exchanges;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Ranks;

/// <summary>
/// Step 9 of the way of the data: what the ranks of a partition are sent, buckets as they are stepped and the heads with which they go on. Used
/// under the partition's gate only.
/// </summary>
/// <param name="plan">The partition's plan.</param>
/// <param name="replicas">What the ranks train.</param>
/// <param name="sessions">Their streams.</param>
/// <param name="replays">Whose gradients are computed twice; null where nobody compares them.</param>
/// <param name="probing">Probes updates under way; null: nobody does.</param>
/// <param name="lastStep">Where training is to end before its time: the last step that is made.</param>
internal sealed class RankFeed(PartitionPlan plan, ReplicaSet replicas, RankSessions sessions, ReplayChecks? replays, UpdateProbing? probing, Func<long> lastStep)
{
    /// <summary>A bucket goes to all ranks of its replica, but to those that read it where it is once they have the head.</summary>
    public void SendBucket(ReplicaGroup replica, int index, long version)
    {
        // One frame for all who need it.
        Frame<ServerMessage>? frame = null;
        foreach (var session in sessions.Of(replica.Ranks))
        {
            if (session.Sees(replica.Region))
                session.LastInMemory = version;
            else
                session.Send(frame ??= VersionFrames.Bucket(replica, plan.Buckets[index], version));
        }
    }

    /// <summary>The heads of the steps that ranks have open now.</summary>
    public void SendHeads(IReadOnlyList<int> ranks)
    {
        foreach (var session in sessions.Of(ranks))
            SendHead(session, replicas.Of(session.Rank), replicas.Of(session.Rank).Open);
    }

    /// <summary>A whole version for one rank.</summary>
    public void SendVersion(RankSession session, ReplicaGroup replica, long version)
    {
        foreach (var bucket in plan.Buckets)
            SendBucket(session, replica, bucket, version);
        SendHead(session, replica, replica.Find(version)!);
    }

    /// <summary>What a replaying rank missed: the bucket, if it is already stepped, and behind the last bucket the head.</summary>
    public void SendMissed(RankSession session, long step, int index)
    {
        var replica = replicas.Of(session.Rank);
        var open = replica.Open;
        if (step == open.Version && replica.Stepped[index] && !open.Averages)
        {
            SendBucket(session, replica, plan.Buckets[index], step + 1);
        }
        else if (step == open.Version - 1)
        {
            SendBucket(session, replica, plan.Buckets[index], step + 1);
            if (index == plan.Buckets.Count - 1)
                SendHead(session, replica, open);
        }
    }

    private static void SendBucket(RankSession session, ReplicaGroup replica, Bucket bucket, long version)
    {
        if (session.Sees(replica.Region))
            session.LastInMemory = version;
        else
            session.Send(VersionFrames.Bucket(replica, bucket, version));
    }

    /// <summary>
    /// The head of a step; with it a rank learns whose gradient it computes, of the leader also whose a second time, and where the version is in memory
    /// that both see. Behind the last step before an early end the ranks are told that training is over; the open step stays what it is, for whoever goes
    /// on from it.
    /// </summary>
    private void SendHead(RankSession session, ReplicaGroup replica, OpenStep step)
    {
        var frame = VersionFrames.Head(step.Version > lastStep() ? step with { Take = 0, Evaluate = false } : step, replays?.OrderFor(step));
        var head = frame.Head.Head;
        if (probing?.Awaits(step.Version) == true)
            (head.Probed, head.ProbedRate) = (true, probing.Rate);
        if (session.Sees(replica.Region))
        {
            (head.Region, head.FirstElement) = (replica.Region!.Offer.Id, replica.FirstElement(step.Version));
        }
        else
        {
            head.Versions = session.Offer(replica.Region);
            // The rank trains another replica from here on, and was to read the version where the one before has it.
            foreach (var bucket in session.LastInMemory == step.Version ? plan.Buckets : [])
                session.Send(VersionFrames.Bucket(replica, bucket, step.Version));
        }

        session.Send(frame);
    }
}
