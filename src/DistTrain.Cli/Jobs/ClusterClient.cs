using DistTrain.Cli.Invocation;
using DistTrain.Client;
using DistTrain.Protocol.Clients;

namespace DistTrain.Cli.Jobs;

/// <summary>A command's client of a cluster.</summary>
internal static class ClusterClient
{
    /// <summary>Of the silos of a cluster on this machine that asks nobody who they are.</summary>
    public static DistTrainClient OfLocal(IEnumerable<Endpoint> silos, TimeProvider clock, TimeSpan? limit = null)
    {
        var options = new DistTrainClientOptions { Clock = clock };
        return new DistTrainClient([.. silos.Select(silo => new Uri($"http://{silo}"))], limit is { } given ? options with { CallLimit = given } : options);
    }

    /// <summary>Waits for an answer; what lasts is said.</summary>
    public static Task<T> AnswerAsync<T>(this CommandContext context, Endpoint endpoint, Task<T> answer) =>
        context.Waits.DuringAsync($"the answer of {endpoint}", answer);
}
