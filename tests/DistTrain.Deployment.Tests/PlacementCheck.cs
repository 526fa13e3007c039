using k8s;
using k8s.Models;

namespace DistTrain.Deployment.Tests;

/// <summary>How many pods there are, where they may run, who makes room for whom, and which volumes they get; what a cluster has to have for it, the guide names.</summary>
internal static class PlacementCheck
{
    public static IEnumerable<string> Problems(IReadOnlyList<IKubernetesObject> objects, IReadOnlyList<Workload> workloads, InstallGuide guide) =>
    [
        .. PriorityProblems(objects, workloads),
        .. objects.OfType<V2HorizontalPodAutoscaler>().SelectMany(scaler => ScalerProblems(scaler, workloads, guide)),
        .. objects.OfType<V1PersistentVolumeClaim>().SelectMany(claim => ClaimProblems(claim, workloads)),
        .. workloads.SelectMany(w => Labels(w.Pod.Spec).Where(label => !guide.Names(label)).Select(label => $"{w.Name}: it runs only on nodes with the label {label}, which the guide does not name")),
    ];

    /// <summary>Cores and memory of all pods together, with the fewest silos that an autoscaler leaves.</summary>
    public static (decimal Cores, decimal Gibibytes) Needs(IReadOnlyList<IKubernetesObject> objects)
    {
        List<(Workload Workload, int Count)> all = [.. Workload.Of(objects).Select(w => (w, w.Replicas ?? objects.OfType<V2HorizontalPodAutoscaler>()
            .FirstOrDefault(s => w.Name == $"{s.Spec.ScaleTargetRef.Kind}/{s.Spec.ScaleTargetRef.Name}")?.Spec.MinReplicas ?? 1))];
        return (all.Sum(w => w.Count * w.Workload.Requests("cpu")), Math.Round(all.Sum(w => w.Count * w.Workload.Requests("memory")) / (1 << 30), 1));
    }

    /// <summary>When a node is full, pods of less priority go first: what others need may have no less than they.</summary>
    private static IEnumerable<string> PriorityProblems(IReadOnlyList<IKubernetesObject> objects, IReadOnlyList<Workload> workloads)
    {
        var classes = objects.OfType<V1PriorityClass>().ToDictionary(c => c.Name(), c => c.Value ?? 0);
        foreach (var workload in workloads.Where(w => w.Pod.Spec.PriorityClassName is { } name && !classes.ContainsKey(name)))
            yield return $"{workload.Name}: there is no priority class {workload.Pod.Spec.PriorityClassName}";
        foreach (var (needing, needed) in workloads.SelectMany(w => NeededBy(w, workloads, objects).Select(n => (w, n))))
        {
            if (Priority(needed) < Priority(needing))
                yield return $"{needed.Name}: it has less priority than {needing.Name}, which needs it";
        }

        foreach (var workload in workloads.Where(w => classes.Count > 0 && w.Pod.Spec.PriorityClassName is null))
            yield return $"{workload.Name}: it has no priority beside others that have one";

        int Priority(Workload workload) => workload.Pod.Spec.PriorityClassName is { } name ? classes.GetValueOrDefault(name) : 0;
    }

    /// <summary>Those whose services a workload's arguments name.</summary>
    private static IEnumerable<Workload> NeededBy(Workload workload, IReadOnlyList<Workload> workloads, IReadOnlyList<IKubernetesObject> objects)
    {
        // name.service.namespace.svc:port of a StatefulSet's pod, service.namespace.svc:port, redis://service:port/0
        List<string> labels = [.. workload.Pod.Spec.Containers.SelectMany(c => c.Args ?? []).Where(a => a.Split('=')[0] is "--servers" or "--endpoint" or "--cluster")
            .SelectMany(a => a.Split('=')[1].Split(',')).SelectMany(e => e.Replace("redis://", "", StringComparison.Ordinal).Split(':')[0].Split('.').Take(2))];
        return objects.OfType<V1Service>().Where(s => labels.Contains(s.Name())).SelectMany(s => workloads.Where(w => w != workload && w.Has(s.Spec.Selector)));
    }

    private static IEnumerable<string> ScalerProblems(V2HorizontalPodAutoscaler scaler, IReadOnlyList<Workload> workloads, InstallGuide guide)
    {
        if (workloads.Any(w => w.Name == $"{scaler.Spec.ScaleTargetRef.Kind}/{scaler.Spec.ScaleTargetRef.Name}" && w.Replicas is not null))
            yield return $"HorizontalPodAutoscaler/{scaler.Name()}: the number of its pods stands in the manifest too, and is set again with each apply";
        if (scaler.Spec.MinReplicas == scaler.Spec.MaxReplicas)
            yield return $"HorizontalPodAutoscaler/{scaler.Name()}: it scales nothing, and undoes what others scale";
        if (!guide.Names("metrics-server"))
            yield return $"HorizontalPodAutoscaler/{scaler.Name()}: it needs metrics-server, which the guide does not name";
    }

    private static IEnumerable<string> ClaimProblems(V1PersistentVolumeClaim claim, IReadOnlyList<Workload> workloads)
    {
        if (claim.Spec.AccessModes.All(mode => mode == "ReadOnlyMany"))
            yield return $"PersistentVolumeClaim/{claim.Name()}: nobody can fill it, and common classes refuse it";
        // An image that is never pulled was loaded into the one node there is.
        var mounting = workloads.Where(w => (w.Pod.Spec.Volumes ?? []).Any(v => v.PersistentVolumeClaim?.ClaimName == claim.Name())).ToList();
        var isOneNode = mounting.SelectMany(w => w.Pod.Spec.Containers).All(c => c.ImagePullPolicy == "Never");
        var wanted = isOneNode ? "ReadWriteOnce" : "ReadWriteMany";
        if (mounting.Count > 0 && !claim.Spec.AccessModes.Contains(wanted))
            yield return $"PersistentVolumeClaim/{claim.Name()}: pods {(isOneNode ? "of one node need no more than" : "on several nodes need")} {wanted}, not {string.Join(", ", claim.Spec.AccessModes)}";
    }

    private static IEnumerable<string> Labels(V1PodSpec pod) =>
    [
        .. pod.NodeSelector?.Keys ?? Enumerable.Empty<string>(),
        .. (pod.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution?.NodeSelectorTerms ?? []).SelectMany(t => t.MatchExpressions ?? []).Select(e => e.Key),
    ];
}
