using DistTrain.Protocol.Transport;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Passes;
using Grpc.Core;

namespace DistTrain.Worker.Jobs.Driving;

/// <summary>What a job has met while it was looked at, or while something was done about it, as a value: <see cref="JobDecision"/> says what comes of it.</summary>
/// <param name="Detail">In words for the user.</param>
internal sealed record JobTrouble(string Detail)
{
    /// <summary>What a parameter server answered, or why it did not; null: it is no server's.</summary>
    public StatusCode? Server { get; init; }

    /// <summary>A server does not answer, and may again.</summary>
    public bool IsAway { get; init; }

    /// <summary>Nobody has foreseen it.</summary>
    public Exception? Unforeseen { get; init; }

    /// <summary>The edge at which exceptions become values; null: the cluster itself is in the way, and the job is looked at again.</summary>
    public static JobTrouble? Of(Exception e) => e switch
    {
        OrleansException or TimeoutException => null,
        RpcException rpc => new JobTrouble(rpc.Status.Detail) { Server = rpc.StatusCode, IsAway = rpc.IsAway() },
        // The data or the model are not what the job says.
        DatasetException or ModelException => new JobTrouble(e.Message),
        // A job that can't be driven ends with a reason instead of being looked at for ever.
        _ => new JobTrouble($"{e.GetType().Name}: {e.Message}") { Unforeseen = e },
    };
}
