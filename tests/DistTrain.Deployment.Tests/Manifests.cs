using k8s;

namespace DistTrain.Deployment.Tests;

/// <summary>Rendered manifests as objects.</summary>
internal static class Manifests
{
    /// <summary>Reads them; a field that Kubernetes does not know is refused.</summary>
    public static List<IKubernetesObject> Load(string text) => [.. KubernetesYaml.LoadAllFromString(text, null, strict: true).Cast<IKubernetesObject>()];
}
