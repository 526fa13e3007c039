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
/// The calls to the API server for objects of one kind. Changes name the object's uid and the version that they were made from, so that none lands on an object
/// that was made anew under the name, and none takes back what somebody else has written: after a conflict the object is read again.
/// </summary>
internal sealed class ResourceApi(ResourceKind kind, IKubernetes kubernetes, OperatorOptions options, TimeProvider clock, ILogger<ResourceApi> logger)
{
    /// <summary>The server ends a watch by then; it is begun again where it was.</summary>
    private const int WatchSeconds = 300;

    /// <summary>A connection that has vanished says nothing.</summary>
    private static readonly TimeSpan WatchLimit = TimeSpan.FromSeconds(WatchSeconds + 30);

    /// <summary>A short absence; a longer one is its caller's, who may have something else to do by then.</summary>
    private readonly ResiliencePipeline _calls = Retries(kind, attempts: 4, clock, logger);

    /// <summary>Of the objects.</summary>
    public ResourceKind Kind => kind;

    /// <summary>Tries again, with growing waits of which no two are alike.</summary>
    public static ResiliencePipeline Retries(ResourceKind kind, int attempts, TimeProvider clock, ILogger logger) => new ResiliencePipelineBuilder { TimeProvider = clock }
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
                OperatorLog.ApiAway(logger, ApiFailure.Explain(retry.Outcome.Exception!, kind.FullName), retry.RetryDelay.TotalSeconds);
                return default;
            },
        })
        .Build();

    /// <summary>All objects, and the version of that picture.</summary>
    public Task<ResourceList> ListAsync(CancellationToken cancel) => options.Namespace is { } name
        ? kubernetes.CustomObjects.ListNamespacedCustomObjectAsync<ResourceList>(ResourceNames.Group, ResourceNames.Version, name, kind.Plural, cancellationToken: cancel)
        : kubernetes.CustomObjects.ListCustomObjectForAllNamespacesAsync<ResourceList>(ResourceNames.Group, ResourceNames.Version, kind.Plural, cancellationToken: cancel);

    /// <summary>What changes behind <paramref name="version"/>, until the server ends the stream.</summary>
    /// <exception cref="KubernetesException">The server ends it with an error.</exception>
    public async IAsyncEnumerable<(WatchEventType Change, JobResource Object)> WatchAsync(
        string version, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(WatchLimit, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        Exception? failure = null;
        var changes = options.Namespace is { } name
            ? kubernetes.CustomObjects.WatchListNamespacedCustomObjectAsync(
                ResourceNames.Group, ResourceNames.Version, name, kind.Plural, allowWatchBookmarks: true, resourceVersion: version, timeoutSeconds: WatchSeconds, onError: Fail, cancellationToken: end.Token)
            : kubernetes.CustomObjects.WatchListCustomObjectForAllNamespacesAsync(
                ResourceNames.Group, ResourceNames.Version, kind.Plural, allowWatchBookmarks: true, resourceVersion: version, timeoutSeconds: WatchSeconds, onError: Fail, cancellationToken: end.Token);
        await foreach (var (change, found) in changes)
        {
            if (failure is not null)
                break;
            yield return (change, KubernetesJson.Deserialize<JobResource>((JsonElement)found));
        }

        if (failure is not null)
            throw failure;

        void Fail(Exception e) => failure ??= e;
    }

    /// <summary>An object by its name, of any kind; null: there is none.</summary>
    public async Task<JobResource?> FindAsync(ResourceKind its, string space, string name, CancellationToken cancel) => await _calls.ExecuteAsync(
        async token =>
        {
            try
            {
                return await GetAsync(its, space, name, token);
            }
            catch (HttpOperationException e) when (ApiFailure.IsGone(e))
            {
                return null;
            }
        },
        cancel);

    /// <summary>Sets the finalizer.</summary>
    /// <returns>The object as it is then; null when it is gone.</returns>
    public Task<JobResource?> HoldAsync(JobResource resource, CancellationToken cancel) => ChangeAsync(
        resource,
        now => now.IsHeld || now.IsDeleting ? null : Finalizers(now, [.. now.Metadata.Finalizers ?? [], ResourceNames.Finalizer]),
        PatchAsync,
        cancel);

    /// <summary>Takes the finalizer away: an object that is being deleted goes then.</summary>
    public Task LetGoAsync(JobResource resource, CancellationToken cancel) => ChangeAsync(
        resource,
        now => now.IsHeld ? Finalizers(now, [.. now.Metadata.Finalizers.Where(f => f != ResourceNames.Finalizer)]) : null,
        PatchAsync,
        cancel);

    /// <summary>Writes the status.</summary>
    /// <returns>The object as it is then; null when it is gone.</returns>
    public Task<JobResource?> WriteStatusAsync(JobResource resource, ResourceStatus status, CancellationToken cancel) => ChangeAsync(
        resource,
        now => new { metadata = new { uid = now.Metadata.Uid, resourceVersion = now.Metadata.ResourceVersion }, status = status.ToJson() },
        PatchStatusAsync,
        cancel);

    /// <summary>Deletes it, unless another object has its name by now.</summary>
    public Task DeleteAsync(JobResource resource, CancellationToken cancel) => ChangeAsync(
        resource,
        now => now,
        async (now, _, token) =>
        {
            await kubernetes.CustomObjects.DeleteNamespacedCustomObjectAsync(
                ResourceNames.Group, ResourceNames.Version, now.Metadata.NamespaceProperty, kind.Plural, now.Metadata.Name,
                new V1DeleteOptions { Preconditions = new V1Preconditions { Uid = now.Metadata.Uid } }, cancellationToken: token);
            return now;
        },
        cancel);

    private static object Finalizers(JobResource resource, IReadOnlyList<string> finalizers) =>
        new { metadata = new { uid = resource.Metadata.Uid, resourceVersion = resource.Metadata.ResourceVersion, finalizers } };

    private async Task<JobResource?> ChangeAsync(
        JobResource resource,
        Func<JobResource, object?> change,
        Func<JobResource, V1Patch, CancellationToken, Task<JobResource>> send,
        CancellationToken cancel)
    {
        JobResource? now = resource;
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
    private async Task<JobResource?> ReadAsync(JobResource resource, CancellationToken cancel)
    {
        var found = await GetAsync(kind, resource.Metadata.NamespaceProperty, resource.Metadata.Name, cancel);
        return found.Metadata.Uid == resource.Metadata.Uid ? found : null;
    }

    private Task<JobResource> GetAsync(ResourceKind its, string space, string name, CancellationToken cancel) =>
        kubernetes.CustomObjects.GetNamespacedCustomObjectAsync<JobResource>(ResourceNames.Group, ResourceNames.Version, space, its.Plural, name, cancel);

    private Task<JobResource> PatchAsync(JobResource resource, V1Patch patch, CancellationToken cancel) =>
        kubernetes.CustomObjects.PatchNamespacedCustomObjectAsync<JobResource>(
            patch, ResourceNames.Group, ResourceNames.Version, resource.Metadata.NamespaceProperty, kind.Plural, resource.Metadata.Name, cancellationToken: cancel);

    private Task<JobResource> PatchStatusAsync(JobResource resource, V1Patch patch, CancellationToken cancel) =>
        kubernetes.CustomObjects.PatchNamespacedCustomObjectStatusAsync<JobResource>(
            patch, ResourceNames.Group, ResourceNames.Version, resource.Metadata.NamespaceProperty, kind.Plural, resource.Metadata.Name, cancellationToken: cancel);
}
