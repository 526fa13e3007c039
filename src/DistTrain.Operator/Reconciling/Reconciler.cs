using DistTrain.Operator.Api;
using DistTrain.Operator.Hosting;
using DistTrain.Operator.Resources;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DistTrain.Operator.Reconciling;

/// <summary>A <see cref="JobController"/> for each object of a kind, by its uid: an object that is made anew under a name is another.</summary>
internal sealed class Reconciler(
    ResourceWatch watch, ResourceApi api, ObjectEvents events, ClusterJobs jobs, OperatorOptions options, TimeProvider clock, ILoggerFactory loggers, OperatorReadiness readiness) : BackgroundService
{
    private readonly ILogger _logger = loggers.CreateLogger<Reconciler>();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (JobController Controller, Task Ended)> _controllers = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await watch.RunAsync(found => Listed(found, stoppingToken), (changed, isGone) => Changed(changed, isGone, stoppingToken), stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The wanted end.
        }

        Task[] ending;
        lock (_gate)
            ending = [.. _controllers.Values.Select(c => c.Ended)];
        await Task.WhenAll(ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Listed(IReadOnlyList<JobResource> found, CancellationToken stop)
    {
        OperatorLog.Listed(_logger, found.Count, api.Kind.FullName, options.Namespace ?? "all namespaces");
        var there = found.Select(f => f.Metadata.Uid).ToHashSet();
        lock (_gate)
        {
            foreach (var (uid, (controller, _)) in _controllers)
            {
                if (!there.Contains(uid))
                    controller.Lose();
            }
        }

        foreach (var resource in found)
            Changed(resource, isGone: false, stop);
        readiness.Listed(api.Kind);
    }

    private void Changed(JobResource resource, bool isGone, CancellationToken stop)
    {
        var uid = resource.Metadata.Uid;
        lock (_gate)
        {
            if (_controllers.TryGetValue(uid, out var known))
            {
                if (isGone)
                    known.Controller.Lose();
                else
                    known.Controller.See(resource);
                return;
            }

            // One that is going and has been let go is nobody's.
            if (isGone || (resource.IsDeleting && !resource.IsHeld))
                return;
            var controller = new JobController(resource, api, events, jobs, options, clock, loggers.CreateLogger<JobController>());
            _controllers[uid] = (controller, Task.Run(() => RunAsync(uid, controller, stop), CancellationToken.None));
        }
    }

    private async Task RunAsync(string uid, JobController controller, CancellationToken stop)
    {
        try
        {
            await controller.RunAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The next operator goes on.
        }

        lock (_gate)
            _controllers.Remove(uid);
    }
}
