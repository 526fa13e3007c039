using DistTrain.Recipes.Files;

namespace DistTrain.Operator.Resources;

/// <summary>What all kinds share at the API server; group and version are those of the job file.</summary>
public static class ResourceNames
{
    /// <summary>Keeps an object until its job has been cancelled.</summary>
    public const string Finalizer = "disttrain.dev/cancel-job";

    public static string Group { get; } = JobSchema.ApiVersion.Split('/')[0];

    public static string Version { get; } = JobSchema.ApiVersion.Split('/')[1];
}
