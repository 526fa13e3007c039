using DistTrain.Operator.Api;
using DistTrain.Operator.Resources;
using k8s;
using k8s.Models;

namespace DistTrain.Deployment.Tests;

/// <summary>Who has an account at the API, and what for: the operator alone, and for what it calls.</summary>
internal static class RightsCheck
{
    public static IEnumerable<string> Problems(IReadOnlyList<IKubernetesObject> objects, IReadOnlyList<Workload> workloads) =>
    [
        .. workloads.SelectMany(w => AccountProblems(w, objects)),
        .. objects.OfType<V1RoleBinding>().SelectMany(b => BindingProblems(b, objects)),
        .. objects.OfType<V1Role>().SelectMany(r => RoleProblems(r, objects)),
        .. objects.OfType<V1ServiceAccount>().Where(a => a.AutomountServiceAccountToken != false).Select(a => $"ServiceAccount/{a.Name()}: every pod that names it gets its token"),
        .. objects.OfType<V1CustomResourceDefinition>().SelectMany(DefinitionProblems),
        .. ResourceKind.All.Where(kind => !objects.OfType<V1CustomResourceDefinition>().Any(d => Defines(d.Spec, kind)))
            .Select(kind => $"the program asks for {kind.FullName}/{ResourceNames.Version}, which nothing defines"),
        .. objects.OfType<V1ClusterRoleBinding>().Select(b => $"ClusterRoleBinding/{b.Name()}: nothing here needs rights beyond its namespace"),
    ];

    private static bool IsOperator(Workload workload) => workload.Pod.Spec.Containers.Any(c => c.Args?.FirstOrDefault() == "operator");

    private static IEnumerable<string> AccountProblems(Workload workload, IReadOnlyList<IKubernetesObject> objects)
    {
        var pod = workload.Pod.Spec;
        if (!IsOperator(workload))
        {
            if (pod.AutomountServiceAccountToken != false)
                yield return $"{workload.Name}: its pods get an account at the API that they have no use for";
            yield break;
        }

        if (pod.AutomountServiceAccountToken != true)
            yield return $"{workload.Name}: the operator gets no token for the API";
        if (!objects.OfType<V1ServiceAccount>().Any(a => a.Name() == pod.ServiceAccountName))
            yield return $"{workload.Name}: there is no account {pod.ServiceAccountName}";
        var granted = objects.OfType<V1RoleBinding>()
            .Where(b => (b.Subjects ?? []).Any(s => s.Kind == "ServiceAccount" && s.Name == pod.ServiceAccountName))
            .SelectMany(b => objects.OfType<V1Role>().Where(r => r.Name() == b.RoleRef.Name))
            .SelectMany(r => r.Rules)
            .SelectMany(rule => rule.ApiGroups.SelectMany(group => rule.Resources.SelectMany(resource => rule.Verbs.Select(verb => (Group: group, Resource: resource, Verb: verb)))))
            .ToHashSet();
        foreach (var (_, resource, verb) in ApiRights.All.Except(granted))
            yield return $"{workload.Name}: its account may not {verb} {resource}";
        foreach (var (_, resource, verb) in granted.Except(ApiRights.All))
            yield return $"{workload.Name}: its account may {verb} {resource}, which it never does";
    }

    private static IEnumerable<string> BindingProblems(V1RoleBinding binding, IReadOnlyList<IKubernetesObject> objects)
    {
        if (binding.RoleRef.Kind != "Role" || !objects.OfType<V1Role>().Any(r => r.Name() == binding.RoleRef.Name && r.Namespace() == binding.Namespace()))
            yield return $"RoleBinding/{binding.Name()}: there is no {binding.RoleRef.Kind} {binding.RoleRef.Name}";
        foreach (var subject in (binding.Subjects ?? []).Where(s => !objects.OfType<V1ServiceAccount>().Any(a => s.Kind == "ServiceAccount" && a.Name() == s.Name && a.Namespace() == s.NamespaceProperty)))
            yield return $"RoleBinding/{binding.Name()}: there is no {subject.Kind} {subject.Name} in {subject.NamespaceProperty}";
    }

    private static IEnumerable<string> RoleProblems(V1Role role, IReadOnlyList<IKubernetesObject> objects)
    {
        if (!objects.OfType<V1RoleBinding>().Any(b => b.RoleRef.Name == role.Name()))
            yield return $"Role/{role.Name()}: nobody has it";
        foreach (var rule in role.Rules)
        {
            if (rule.Verbs.Concat(rule.Resources).Concat(rule.ApiGroups).Contains("*"))
                yield return $"Role/{role.Name()}: it grants whatever there is";
            foreach (var (group, resource) in rule.ApiGroups.Where(g => g != ApiRights.CoreGroup).SelectMany(g => rule.Resources.Select(r => (g, r.Split('/')[0]))))
            {
                if (!objects.OfType<V1CustomResourceDefinition>().Any(d => d.Spec.Group == group && d.Spec.Names.Plural == resource))
                    yield return $"Role/{role.Name()}: nothing defines {resource}.{group}";
            }
        }
    }

    private static IEnumerable<string> DefinitionProblems(V1CustomResourceDefinition definition)
    {
        var (spec, name) = (definition.Spec, $"CustomResourceDefinition/{definition.Name()}");
        if (definition.Name() != $"{spec.Names.Plural}.{spec.Group}")
            yield return $"{name}: a definition of {spec.Names.Plural}.{spec.Group} has to be named so";
        if (spec.Versions.Count(v => v.Storage) != 1)
            yield return $"{name}: just one version is stored";
        foreach (var version in spec.Versions.Where(v => v.Subresources?.Status is null))
            yield return $"{name}: {version.Name} has no status of its own";
    }

    private static bool Defines(V1CustomResourceDefinitionSpec spec, ResourceKind kind) =>
        spec.Group == ResourceNames.Group && spec.Names.Plural == kind.Plural && spec.Versions.Any(v => v.Name == ResourceNames.Version && v.Served);
}
