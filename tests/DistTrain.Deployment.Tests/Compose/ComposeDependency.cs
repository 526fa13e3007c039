namespace DistTrain.Deployment.Tests.Compose;

/// <summary>What a service waits for.</summary>
internal sealed class ComposeDependency
{
    public string Condition { get; set; } = "";
}
