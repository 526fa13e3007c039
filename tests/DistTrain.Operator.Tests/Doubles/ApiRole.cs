using k8s;
using k8s.Models;

namespace DistTrain.Operator.Tests.Doubles;

/// <summary>What the Role of the manifests lets the operator do.</summary>
internal static class ApiRole
{
    public static IReadOnlyList<(string Group, string Resource, string Verb)> Granted { get; } =
    [
        .. KubernetesYaml.LoadAllFromString(Repository.Read("k8s/base/operator.yaml"), null, strict: true).OfType<V1Role>().Single().Rules
            .SelectMany(rule => rule.ApiGroups.SelectMany(group => rule.Resources.SelectMany(resource => rule.Verbs.Select(verb => (group, resource, verb))))),
    ];
}
