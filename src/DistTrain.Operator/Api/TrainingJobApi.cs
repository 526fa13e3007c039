using System.Text.Json;
using DistTrain.Operator.Hosting;
using DistTrain.Operator.Resources;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace DistTrain.Operator.Api;

/// <summary>
/// The calls to the API server. Changes name the object's uid and the version that they were made from, so that none lands on an object that was made anew under
/// the name, and none takes back what somebody else has written: after a conflict the object is read again.
/// </summary>
internal sealed class TrainingJobApi(IKubernetes kubernetes, OperatorOptions options, TimeProvider clock, ILogger<TrainingJobApi> logger)
{
    /// <summary>The server ends a watch by then; it is begun again where it was.</summary>
    private const int WatchSeconds = 300;

    /// <summary>A connection that has vanished says nothing.</summary>
    private static readonly TimeSpan WatchLimit = TimeSpan.FromSeconds(WatchSeconds + 30);

    /// <summary>A short absence; a longer one is its caller's, who may have something else to do by then.</summary>
    private readonly ResiliencePipeline _calls = Retries(attempts: 4, clock, logger);

    /// <summary>Tries again, with growing waits of which no two are alike.</summary>
    public static ResiliencePipeline Retries(int attempts, TimeProvider clock, ILogger logger) => new ResiliencePipelineBuilder { TimeProvider = clock }
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<Exception>(ApiFailure.IsPassing),
            MaxRetryAttempts = attempts,
            BackoffType = DelayBackoffType.Exponential,
            Delay = TimeSpan.FromMilliseconds(200),
            MaxDelay = TimeSpan.FromSeconds(15),
            UseJitter = true,
            OnRetry = retry =>
            {
                OperatorLog.ApiAway(logger, ApiFailure.Explain(retry.Outcome.Exception!), retry.RetryDelay.TotalSeconds);
                return default;
            },
        })
        .Build();

    /// <summary>All objects, and the version of that picture.</summary>
    public Task<TrainingJobList> ListAsync(CancellationToken cancel) => options.Namespace is { } name
        ? kubernetes.CustomObjects.ListNamespacedCustomObjectAsync<TrainingJobList>(ResourceNames.Group, ResourceNames.Version, name, ResourceNames.Plural, cancellationToken: cancel)
        : kubernetes.CustomObjects.ListCustomObjectForAllNamespacesAsync<TrainingJobList>(ResourceNames.Group, ResourceNames.Version, ResourceNames.Plural, cancellationToken: cancel);

    /// <summary>What changes behind <paramref name="version"/>, until the server ends the stream.</summary>
    /// <exception cref="KubernetesException">The server ends it with an error.</exception>
    public async IAsyncEnumerable<(WatchEventType Kind, TrainingJobResource Object)> WatchAsync(
        string version, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(WatchLimit, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        Exception? failure = null;
        var changes = options.Namespace is { } name
            ? kubernetes.CustomObjects.WatchListNamespacedCustomObjectAsync(
                ResourceNames.Group, ResourceNames.Version, name, ResourceNames.Plural, allowWatchBookmarks: true, resourceVersion: version, timeoutSeconds: WatchSeconds, onError: Fail, cancellationToken: end.Token)
            : kubernetes.CustomObjects.WatchListCustomObjectForAllNamespacesAsync(
                ResourceNames.Group, ResourceNames.Version, ResourceNames.Plural, allowWatchBookmarks: true, resourceVersion: version, timeoutSeconds: WatchSeconds, onError: Fail, cancellationToken: end.Token);
        await foreach (var (kind, found) in changes)
        {
            if (failure is not null)
                break;
            yield return (kind, KubernetesJson.Deserialize<TrainingJobResource>((JsonElement)found));
        }

        if (failure is not null)
            throw failure;

        void Fail(Exception e) => failure ??= e;
    }

    /// <summary>Sets the finalizer.</summary>
    /// <returns>The object as it is then; null when it is gone.</returns>
    public Task<TrainingJobResource?> HoldAsync(TrainingJobResource resource, CancellationToken cancel) => ChangeAsync(
        resource,
        now => now.IsHeld || now.IsDeleting ? null : Finalizers(now, [.. now.Metadata.Finalizers ?? [], ResourceNames.Finalizer]),
        PatchAsync,
        cancel);

    /// <summary>Takes the finalizer away: an object that is being deleted goes then.</summary>
    public Task LetGoAsync(TrainingJobResource resource, CancellationToken cancel) => ChangeAsync(
        resource,
        now => now.IsHeld ? Finalizers(now, [.. now.Metadata.Finalizers.Where(f => f != ResourceNames.Finalizer)]) : null,
        PatchAsync,
        cancel);

    /// <summary>Writes the status.</summary>
    /// <returns>The object as it is then; null when it is gone.</returns>
    public Task<TrainingJobResource?> WriteStatusAsync(TrainingJobResource resource, TrainingJobStatus status, CancellationToken cancel) => ChangeAsync(
        resource,
        now => new { metadata = new { uid = now.Metadata.Uid, resourceVersion = now.Metadata.ResourceVersion }, status = status.ToJson() },
        PatchStatusAsync,
        cancel);

    /// <summary>Deletes it, unless another object has its name by now.</summary>
    public Task DeleteAsync(TrainingJobResource resource, CancellationToken cancel) => ChangeAsync(
        resource,
        now => now,
        async (now, _, token) =>
        {
            await kubernetes.CustomObjects.DeleteNamespacedCustomObjectAsync(
                ResourceNames.Group, ResourceNames.Version, now.Metadata.NamespaceProperty, ResourceNames.Plural, now.Metadata.Name,
                new V1DeleteOptions { Preconditions = new V1Preconditions { Uid = now.Metadata.Uid } }, cancellationToken: token);
            return now;
        },
        cancel);

    private static object Finalizers(TrainingJobResource resource, IReadOnlyList<string> finalizers) =>
        new { metadata = new { uid = resource.Metadata.Uid, resourceVersion = resource.Metadata.ResourceVersion, finalizers } };

    private async Task<TrainingJobResource?> ChangeAsync(
        TrainingJobResource resource,
        Func<TrainingJobResource, object?> change,
        Func<TrainingJobResource, V1Patch, CancellationToken, Task<TrainingJobResource>> send,
        CancellationToken cancel)
    {
        TrainingJobResource? now = resource;
        var isOld = false;
        return await _calls.ExecuteAsync(
            async token =>
            {
                while (true)
                {
                    try
                    {
                        if (isOld)
                            now = await ReadAsync(resource, token);
                        isOld = false;
                        if (now is null || change(now) is not { } body)
                            return now;
                        return await send(now, new V1Patch(JsonSerializer.Serialize(body), V1Patch.PatchType.MergePatch), token);
                    }
                    catch (HttpOperationException e) when (ApiFailure.IsConflict(e))
                    {
                        OperatorLog.Conflict(logger, resource.Title);
                        isOld = true;
                    }
                    catch (HttpOperationException e) when (ApiFailure.IsGone(e))
                    {
                        return null;
                    }
                }
            },
            cancel);
    }

    /// <summary>Null when the object is gone, also where another one has its name by now.</summary>
    private async Task<TrainingJobResource?> ReadAsync(TrainingJobResource resource, CancellationToken cancel)
    {
        var found = await kubernetes.CustomObjects.GetNamespacedCustomObjectAsync<TrainingJobResource>(
            ResourceNames.Group, ResourceNames.Version, resource.Metadata.NamespaceProperty, ResourceNames.Plural, resource.Metadata.Name, cancel);
        return found.Metadata.Uid == resource.Metadata.Uid ? found : null;
    }

    private Task<TrainingJobResource> PatchAsync(TrainingJobResource resource, V1Patch patch, CancellationToken cancel) =>
        kubernetes.CustomObjects.PatchNamespacedCustomObjectAsync<TrainingJobResource>(
            patch, ResourceNames.Group, ResourceNames.Version, resource.Metadata.NamespaceProperty, ResourceNames.Plural, resource.Metadata.Name, cancellationToken: cancel);

    private Task<TrainingJobResource> PatchStatusAsync(TrainingJobResource resource, V1Patch patch, CancellationToken cancel) =>
        kubernetes.CustomObjects.PatchNamespacedCustomObjectStatusAsync<TrainingJobResource>(
            patch, ResourceNames.Group, ResourceNames.Version, resource.Metadata.NamespaceProperty, ResourceNames.Plural, resource.Metadata.Name, cancellationToken: cancel);
}
