using DistTrain.ParameterServer.Replicas;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Updates;

/// <summary>What complete sums become: the next version's elements.</summary>
internal interface IReplicaUpdate
{
    /// <summary>Steps one bucket by itself; the caller holds its gate.</summary>
    void StepBucket(ReplicaGroup replica, BucketState state);

    /// <summary>
    /// The update for rules that need norms over tensors or over the whole gradient, of steps that are judged, and of probes: all buckets are there, none
    /// is stepped.
    /// </summary>
    /// <param name="replica">Whose.</param>
    /// <param name="stepped">Called with the index of each bucket that is stepped, from several threads, outside of its gate.</param>
    /// <returns>What became of the step; after a fault, no bucket is stepped.</returns>
    /// <exception cref="OperationCanceledException">Training was stopped while servers added up their norms.</exception>
    /// <exception cref="Grpc.Core.RpcException">The leader is away, or refuses.</exception>
    Task<Verdict> StepAllAsync(ReplicaGroup replica, Action<int> stepped);
}
