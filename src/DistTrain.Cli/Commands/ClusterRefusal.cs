using DistTrain.Cli.Invocation;
using DistTrain.Client;

namespace DistTrain.Cli.Commands;

/// <summary>What a failed call to a cluster ends a command with. Apart from the edge, so that roles, which call no front door, do not load the client.</summary>
internal static class ClusterRefusal
{
    /// <summary>The command's end; null for any other exception.</summary>
    public static CommandException? Explain(Exception e) => e is not DistTrainException failed ? null
        : failed.Failure is ClusterFailure.Unavailable or ClusterFailure.NoAnswer ? CommandException.Failed(failed.Message, e)
        : CommandException.BadInput(failed.Problems);
}
