using DistTrain.Operator.Api;
using DistTrain.Operator.Resources;

namespace DistTrain.Operator.Reconciling;

/// <summary>Reads an object's spec as a job file, once for each generation of it and each job that it looks at.</summary>
internal sealed class SpecReader(ResourceApi api)
{
    private (long Generation, ResourceJobFile File)? _read;

    /// <summary>The file. Which job a TrainingJob object stands for is asked until the cluster has taken the probe, and is known from then on.</summary>
    public async Task<ResourceJobFile> ReadAsync(JobResource resource, ResourceStatus status, CancellationToken stop)
    {
        string? looksAt = null;
        if (ObjectKeys.Of(resource).TrainingJob is { } name)
        {
            looksAt = status.IsAccepted ? status.WeightsJob : await JobOfAsync(resource, name, stop);
            if (looksAt is null)
                return new ResourceJobFile(null, []) { Missing = name };
        }

        if (_read is not { } read || read.Generation != resource.Generation || read.File.LooksAt != looksAt)
            _read = read = (resource.Generation, ResourceJobFile.Of(resource, looksAt));
        return read.File;
    }

    private async Task<string?> JobOfAsync(JobResource resource, string name, CancellationToken stop) =>
        await api.FindAsync(ResourceKind.TrainingJob, resource.Metadata.NamespaceProperty, name, stop) is { } found ? ResourceJobId.Of(found) : null;
}
