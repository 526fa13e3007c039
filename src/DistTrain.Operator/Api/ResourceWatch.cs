using DistTrain.Operator.Resources;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace DistTrain.Operator.Api;

/// <summary>All objects of a kind as they are: listed, then followed from there; listed again where the server no longer knows what came since.</summary>
internal sealed class ResourceWatch(ResourceApi api, TimeProvider clock, ILogger<ResourceWatch> logger)
{
    /// <summary>A watch that ends sooner, with nothing said, is a failure.</summary>
    private static readonly TimeSpan ShortestWatch = TimeSpan.FromSeconds(1);

    /// <summary>Runs until it is cancelled.</summary>
    /// <param name="listed">Gets all objects there are; others that were seen before are gone.</param>
    /// <param name="changed">Gets one object and whether it is gone.</param>
    /// <param name="stop">Ends it.</param>
    public async Task RunAsync(Action<IReadOnlyList<JobResource>> listed, Action<JobResource, bool> changed, CancellationToken stop)
    {
        var retries = ResourceApi.Retries(api.Kind, int.MaxValue, clock, logger);
        while (true)
            await retries.ExecuteAsync(async cancel => await ListAndFollowAsync(listed, changed, cancel), stop);
    }

    /// <summary>Returns when all has to be listed again.</summary>
    private async Task ListAndFollowAsync(Action<IReadOnlyList<JobResource>> listed, Action<JobResource, bool> changed, CancellationToken stop)
    {
        var list = await api.ListAsync(stop);
        listed([.. list.Items]);
        var version = list.Metadata.ResourceVersion;
        while (true)
        {
            var begin = clock.GetTimestamp();
            var events = 0;
            try
            {
                await foreach (var (kind, found) in api.WatchAsync(version, stop))
                {
                    events++;
                    version = found.Metadata.ResourceVersion;
                    // A bookmark is no object: it says how far the watch has come.
                    if (kind is WatchEventType.Added or WatchEventType.Modified or WatchEventType.Deleted)
                        changed(found, kind == WatchEventType.Deleted);
                }
            }
            catch (Exception e) when (ApiFailure.IsExpired(e))
            {
                OperatorLog.Expired(logger);
                return;
            }

            if (events == 0 && clock.GetElapsedTime(begin) < ShortestWatch)
                throw new KubernetesException(new V1Status { Message = "it ends watches as soon as they begin" });
        }
    }
}
