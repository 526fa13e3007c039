using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Worker.Jobs.Servers;
using Grpc.Core;

namespace DistTrain.Worker.Jobs.Door;

/// <summary>Finds out of which job the weights are that a submitted probe looks at: from then on it is a job that says all.</summary>
internal sealed class ProbeResolution(SiloServers all)
{
    /// <summary>The probe as a job, and why it can't be one; all reasons.</summary>
    /// <param name="probe">As it was submitted.</param>
    /// <param name="before">The same probe where it was submitted before: its answer may have been lost.</param>
    /// <exception cref="RpcException">A server is away.</exception>
    public async Task<(TrainingJob? Job, IReadOnlyList<string> Problems)> OfAsync(ProbeFile probe, TrainingJob? before)
    {
        var weights = probe.Recipe.Weights;
        if (weights.Path is not null)
        {
            return probe.Job is { } said
                ? (probe.Of(said, weights), [])
                : (null, ["spec.job: is missing; of a path only its reader knows the job: 'disttrain diagnose PATH --endpoint HOST:PORT' submits both"]);
        }

        using var servers = await all.AllAsync();
        var stored = await servers.ListCheckpointsAsync(weights.Job!);
        var steps = Sealed(stored);
        if (stored.All(server => server.JobFile.Length == 0) || steps.Count == 0)
            return (null, [$"spec.weights.job: job '{weights.Job}' has no checkpoint that all servers have"]);
        var step = weights.Step ?? before?.Spec.Probe?.Weights.Step ?? steps[^1];
        if (!steps.Contains(step))
            return (null, [$"spec.weights.step: job '{weights.Job}' has no checkpoint of step {step} that all servers have; it has {string.Join(", ", steps)}"]);
        var looked = JobFile.Read(stored.First(server => server.JobFile.Length > 0).JobFile, weights.Job!, []).Job?.Spec;
        if (looked is null)
            return (null, [$"spec.weights.job: the job file of '{weights.Job}' can't be read any more"]);
        return looked.Probe is null
            ? (probe.Of(looked, weights with { Step = step }), [])
            : (null, [$"spec.weights.job: '{weights.Job}' is a probe and has no weights of its own; name the job that it looks at, '{looked.Probe.Weights.Job}'"]);
    }

    /// <summary>Why the servers can't hold a probe's directions, in words for the user; null: they can, as far as they say.</summary>
    /// <param name="jobId">The probe.</param>
    /// <param name="job">What it is.</param>
    /// <param name="layout">Of its vectors.</param>
    /// <exception cref="RpcException">A server is away.</exception>
    public async Task<string?> MemoryProblemAsync(string jobId, TrainingJob job, ParameterLayout layout)
    {
        using var servers = await all.OfAsync(layout);
        foreach (var (server, stored) in (await servers.ListCheckpointsAsync(jobId)).Index())
        {
            var length = layout.Buckets.Take(layout.BucketsOf(server, servers.Endpoints.Count)).Sum(bucket => bucket.Length);
            var needed = JobMemory.Bytes(job.Spec, layout, length);
            if (stored.HasFreeBytes && needed > stored.FreeBytes)
            {
                return $"spec.steps: the directions of {layout.ParameterCount} parameters take {needed >> 20} MiB on server {servers.Endpoints[server]}, and {stored.FreeBytes >> 20} MiB are free there; "
                    + $"take fewer steps or directionSteps{(job.Spec.Probe!.IsWide ? ", or precision: float32" : "")}, use more servers, or raise --memory-limit";
            }
        }

        return null;
    }

    private static List<long> Sealed(IReadOnlyList<StoredCheckpoints> servers) =>
    [
        .. servers[0].Checkpoints.Where(c => c.Sealed).Select(c => c.Step)
            .Where(step => servers.All(server => server.Checkpoints.Any(c => c.Step == step && c.Sealed))).Order(),
    ];
}
