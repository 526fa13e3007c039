using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Exchanges;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Updates;

/// <summary>
/// A probe's part on this server, in place of an optimizer: what ranks push at version 0, the weights, is the gradient there; at each version after it, a
/// direction, it is the direction's product. The recursion takes it in, and its next direction is the next version. After the recursions versions are
/// points of boxes around the weights, and what is pushed is the gradient there.
/// </summary>
internal abstract class ProbeRun : IReplicaUpdate
{
    /// <param name="plan">The partition's plan.</param>
    /// <param name="replicas">Its one replica.</param>
    /// <param name="norms">Adds up what spans servers.</param>
    /// <param name="checkpoints">Has to have a version before the next but one takes its place.</param>
    /// <param name="start">What it starts from or goes on from.</param>
    public static ProbeRun Of(PartitionPlan plan, ReplicaSet replicas, NormSharing norms, CheckpointSaver checkpoints, RestoredVersion start) => plan.Width == 1
        ? new CurvatureRun<float>(plan, replicas, norms, checkpoints, start)
        : new CurvatureRun<double>(plan, replicas, norms, checkpoints, start);

    /// <summary>
    /// The versions that a probe needs besides the one it goes on from: the weights, the basis at work, that of the ends, and of a search the points that it
    /// stands at and goes to.
    /// </summary>
    public static IEnumerable<long> Needs(OpenStep open)
    {
        List<long> versions = [0];
        foreach (var (recursion, index) in open.Probe?.Recursions.Select((recursion, index) => (recursion, index)) ?? [])
        {
            if (!recursion.IsDone || index == 0)
                versions.AddRange(Enumerable.Range(0, recursion.Alphas.Count).Select(step => recursion.First + step));
        }

        if (open.Probe?.Searches is [.., { Record: { IsDone: false, Losses.Count: > 0 } record, First: var first }])
            versions.AddRange([first + record.Place, first + record.Place + 1]);
        return versions.Where(version => version != open.Version).Distinct();
    }

    /// <inheritdoc/>
    public void StepBucket(ReplicaGroup replica, BucketState state) => throw new InvalidOperationException("a product spans all buckets");

    /// <inheritdoc/>
    public abstract Task<Verdict> StepAllAsync(ReplicaGroup replica, Action<int> stepped);

    /// <summary>The step after one whose sums were taken in.</summary>
    public abstract OpenStep Next(OpenStep closed);

    /// <summary>This server's run of a vector that ranks begin with, or that was found; null: it is not found yet.</summary>
    public abstract ReadOnlyMemory<float>? Vector(ProbeVector which);
}
