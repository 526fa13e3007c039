using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Exchanges;

/// <summary>A version as it leaves: its buckets, and the head of the step that waits at it.</summary>
internal static class VersionFrames
{
    /// <summary>One bucket of a version; its elements are lent, not copied.</summary>
    public static Frame<ServerMessage> Bucket(ReplicaGroup replica, Bucket bucket, long version) =>
        Frame<ServerMessage>.ToSend(
            new ServerMessage { Parameters = new ParameterChunk { Version = version, Bucket = bucket.Index } },
            replica.Elements(bucket, version));

    /// <summary>The head of a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="replay">Whose gradient is computed twice in it, and by whom; null: nobody's.</param>
    public static Frame<ServerMessage> Head(OpenStep step, ReplayOrder? replay)
    {
        var head = step.ToHead();
        head.Replay = replay;
        return Frame<ServerMessage>.ToSend(new ServerMessage { Head = head });
    }
}
