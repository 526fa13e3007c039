using k8s;
using k8s.Models;

namespace DistTrain.Operator.Tests.Doubles;

/// <summary>What the Role of the manifests lets the operator do.</summary>
internal static class ApiRole
{
    public static IReadOnlyList<(string Resource, string Verb)> Granted { get; } =
    [
        .. KubernetesYaml.LoadAllFromString(Repository.Read("k8s/base/operator.yaml"), null, strict: true).OfType<V1Role>().Single().Rules
            .Where(rule => rule.ApiGroups.Contains("disttrain.dev"))
            .SelectMany(rule => rule.Resources.SelectMany(resource => rule.Verbs.Select(verb => (resource, verb)))),
    ];
}
