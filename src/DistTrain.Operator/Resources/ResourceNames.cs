using DistTrain.Recipes.Files;

namespace DistTrain.Operator.Resources;

/// <summary>What the resource is called at the API server; group, version and kind are those of the job file.</summary>
public static class ResourceNames
{
    public const string Plural = "trainingjobs";

    public const string Singular = "trainingjob";

    public const string Short = "tj";

    /// <summary>Keeps an object until its job has been cancelled.</summary>
    public const string Finalizer = "disttrain.dev/cancel-job";

    public static string Group { get; } = JobSchema.ApiVersion.Split('/')[0];

    public static string Version { get; } = JobSchema.ApiVersion.Split('/')[1];
}
