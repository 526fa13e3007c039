using System.Globalization;
using k8s;
using k8s.Models;

namespace DistTrain.Deployment.Tests;

/// <summary>What a server would only find out later, or never: objects that do not fit each other or the program.</summary>
internal static class ManifestCheck
{
    /// <summary>Made by whoever installs a cluster; docs/kubernetes.md says how.</summary>
    private static readonly string[] _secrets = ["disttrain-worker-tls", "disttrain-operator-tls", "disttrain-access", "redis-password"];

    /// <param name="objects">What would be sent.</param>
    /// <param name="options">The program's options, by command.</param>
    /// <param name="guide">What whoever installs it is told.</param>
    public static IReadOnlyList<string> Problems(IReadOnlyList<IKubernetesObject> objects, IReadOnlyDictionary<string, HashSet<string>> options, InstallGuide guide)
    {
        List<Workload> workloads = [.. Workload.Of(objects)];
        return
        [
            .. objects.SelectMany(o => ProblemsOf(o, objects, workloads)),
            .. RightsCheck.Problems(objects, workloads),
            .. PlacementCheck.Problems(objects, workloads, guide),
            .. NamesCheck.Problems(workloads, guide),
            .. workloads.SelectMany(w => SafetyProblems(w).Concat(VolumeProblems(w, objects)).Concat(w.Pod.Spec.Containers.SelectMany(c => ContainerProblems(w, c, objects, options)))),
        ];
    }

    private static IEnumerable<string> ProblemsOf(IKubernetesObject found, IReadOnlyList<IKubernetesObject> objects, IReadOnlyList<Workload> workloads)
    {
        switch (found)
        {
            case V1Service service:
                var behind = workloads.Where(w => w.Has(service.Spec.Selector)).ToList();
                if (behind.Count != 1)
                    yield return $"Service/{service.Name()}: its selector means {behind.Count} workloads";
                foreach (var port in service.Spec.Ports.Where(p => !behind.All(w => w.HasPort(p.TargetPort))))
                    yield return $"Service/{service.Name()}: its pods have no port {port.TargetPort?.Value}";
                break;
            case V1StatefulSet set:
                if (!objects.OfType<V1Service>().Any(s => s.Name() == set.Spec.ServiceName && s.Spec.ClusterIP == "None" && new[] { Of(workloads, set) }.All(w => w.Has(s.Spec.Selector))))
                    yield return $"StatefulSet/{set.Name()}: there is no headless service {set.Spec.ServiceName} of its pods";
                break;
            case V1PodDisruptionBudget budget when workloads.Count(w => w.IsMeant(budget.Spec.Selector)) != 1:
                yield return $"PodDisruptionBudget/{budget.Name()}: its selector means no workload, or several";
                break;
            case V2HorizontalPodAutoscaler scaler when !workloads.Any(w => w.Name == $"{scaler.Spec.ScaleTargetRef.Kind}/{scaler.Spec.ScaleTargetRef.Name}"):
                yield return $"HorizontalPodAutoscaler/{scaler.Name()}: there is no {scaler.Spec.ScaleTargetRef.Kind} {scaler.Spec.ScaleTargetRef.Name}";
                break;
            case V1NetworkPolicy policy:
                foreach (var problem in PolicyProblems(policy, workloads))
                    yield return problem;
                break;
        }

        if (found is IMetadata<V1ObjectMeta> { Metadata: { } metadata } and not V1Namespace and not V1PriorityClass and not V1CustomResourceDefinition && metadata.NamespaceProperty is null)
            yield return $"{found.Kind}/{metadata.Name}: it has no namespace";
    }

    private static Workload Of(IReadOnlyList<Workload> workloads, V1StatefulSet set) => workloads.Single(w => w.Name == $"StatefulSet/{set.Name()}");

    private static IEnumerable<string> PolicyProblems(V1NetworkPolicy policy, IReadOnlyList<Workload> workloads)
    {
        var meant = workloads.Where(w => w.IsMeant(policy.Spec.PodSelector)).ToList();
        if (meant.Count == 0)
            yield return $"NetworkPolicy/{policy.Name()}: its selector means no pod";
        foreach (var rule in policy.Spec.Ingress ?? [])
        {
            foreach (var port in (rule.Ports ?? []).Where(p => !meant.All(w => w.HasPort(p.Port))))
                yield return $"NetworkPolicy/{policy.Name()}: not all its pods have a port {port.Port?.Value}";
            foreach (var peer in (rule.FromProperty ?? []).Where(p => p.PodSelector is not null && !workloads.Any(w => w.IsMeant(p.PodSelector))))
                yield return $"NetworkPolicy/{policy.Name()}: it lets pods in that are not there";
        }
    }

    private static IEnumerable<string> SafetyProblems(Workload workload)
    {
        var pod = workload.Pod.Spec;
        if (!workload.Has(workload.Selector.MatchLabels))
            yield return $"{workload.Name}: its selector does not mean its own pods";
        if (pod.SecurityContext is not { RunAsNonRoot: true, SeccompProfile.Type: "RuntimeDefault" })
            yield return $"{workload.Name}: its pods may run as root, or without seccomp";
        if (pod.ShareProcessNamespace != true)
            yield return $"{workload.Name}: its process is number 1, and does not hear a SIGTERM while it starts";
        foreach (var container in pod.Containers)
        {
            if (container.SecurityContext is not { AllowPrivilegeEscalation: false, ReadOnlyRootFilesystem: true } safety || safety.Capabilities?.Drop?.Contains("ALL") != true)
                yield return $"{workload.Name}: container {container.Name} has more rights than it needs";
            if (container.Resources?.Requests is not { } requests || !requests.ContainsKey("cpu") || !requests.ContainsKey("memory"))
                yield return $"{workload.Name}: container {container.Name} does not say what it needs";
            if (!container.Image.Contains(':', StringComparison.Ordinal) || container.Image.EndsWith(":latest", StringComparison.Ordinal))
                yield return $"{workload.Name}: the image {container.Image} of container {container.Name} may be another one tomorrow";
        }
    }

    private static IEnumerable<string> VolumeProblems(Workload workload, IReadOnlyList<IKubernetesObject> objects)
    {
        var pod = workload.Pod.Spec;
        List<string> volumes = [.. (pod.Volumes ?? []).Select(v => v.Name), .. workload.Claims];
        foreach (var mount in pod.Containers.SelectMany(c => c.VolumeMounts ?? []).Where(m => !volumes.Contains(m.Name)))
            yield return $"{workload.Name}: there is no volume {mount.Name}";
        foreach (var volume in pod.Volumes ?? [])
        {
            if (volume.Secret is { } secret && !_secrets.Contains(secret.SecretName))
                yield return $"{workload.Name}: nobody makes the secret {secret.SecretName}";
            if (volume.PersistentVolumeClaim is { } claim && !objects.OfType<V1PersistentVolumeClaim>().Any(c => c.Name() == claim.ClaimName))
                yield return $"{workload.Name}: there is no claim {claim.ClaimName}";
        }
    }

    private static IEnumerable<string> ContainerProblems(
        Workload workload, V1Container container, IReadOnlyList<IKubernetesObject> objects, IReadOnlyDictionary<string, HashSet<string>> options)
    {
        var ports = container.Ports ?? [];
        foreach (var (kind, probe) in new[] { ("startup", container.StartupProbe), ("readiness", container.ReadinessProbe), ("liveness", container.LivenessProbe) })
        {
            IntOrString? port = probe?.HttpGet?.Port ?? probe?.TcpSocket?.Port ?? (probe?.Grpc is { } grpc ? grpc.Port : null);
            if (port is not null && !ports.Any(p => Workload.Is(p, port)))
                yield return $"{workload.Name}: the {kind} probe of {container.Name} asks a port that it does not have";
        }

        if (container.LivenessProbe is null || container.ReadinessProbe is null)
            yield return $"{workload.Name}: nobody asks whether {container.Name} is well";
        if (!container.Image.Contains("disttrain", StringComparison.Ordinal))
            yield break;
        if (!options.TryGetValue(container.Args[0], out var known))
            yield return $"{workload.Name}: 'disttrain' has no role {container.Args[0]}";
        else
        {
            foreach (var problem in ArgumentProblems(workload, container, objects, known))
                yield return problem;
        }
    }

    private static IEnumerable<string> ArgumentProblems(Workload workload, V1Container container, IReadOnlyList<IKubernetesObject> objects, HashSet<string> known)
    {
        var given = container.Args.Skip(1).Select(a => a.Split('=', 2)).ToDictionary(a => a[0], a => a.ElementAtOrDefault(1) ?? "");
        foreach (var option in given.Keys.Where(o => !known.Contains(o)))
            yield return $"{workload.Name}: 'disttrain {container.Args[0]}' has no option {option}";
        foreach (var (option, port) in given.Where(o => o.Key.EndsWith("port", StringComparison.Ordinal) || o.Key == "--page"))
        {
            if (!(container.Ports ?? []).Any(p => Workload.Is(p, port)))
                yield return $"{workload.Name}: {option} is {port}, and the container does not say so";
        }

        List<string> mounts = [.. container.VolumeMounts.Select(m => m.MountPath)];
        foreach (var (option, path) in given.Where(o => o.Value.StartsWith('/') && !mounts.Exists(m => o.Value == m || o.Value.StartsWith(m + "/", StringComparison.Ordinal))))
            yield return $"{workload.Name}: {option} is {path}, and nothing is mounted there";
        if (!given.ContainsKey("--certs"))
            yield return $"{workload.Name}: it asks nobody who they are";
        if (container.Args[0] == "worker" && !given.ContainsKey("--slots") && container.Resources?.Limits?.ContainsKey("cpu") != true)
            yield return $"{workload.Name}: it takes all cores of its node for its own";
        if ((workload.Pod.Spec.TerminationGracePeriodSeconds ?? 30) < 10)
            yield return $"{workload.Name}: it is killed before it has handed over";
        if (given.TryGetValue("--endpoint", out var endpoint) && !objects.OfType<V1Service>().Any(s => s.Spec.Ports.Any(p => endpoint == $"{s.Name()}.{s.Namespace()}.svc:{p.Port}")))
            yield return $"{workload.Name}: --endpoint is {endpoint}, and no service listens there";
        if (given.TryGetValue("--servers", out var servers))
        {
            var set = objects.OfType<V1StatefulSet>().Single(s => s.Name() == "server");
            var expected = Enumerable.Range(0, set.Spec.Replicas ?? 1).Select(i => string.Create(CultureInfo.InvariantCulture, $"server-{i}.{set.Spec.ServiceName}.{set.Namespace()}.svc:6000"));
            if (servers != string.Join(',', expected))
                yield return $"{workload.Name}: --servers is {servers}, and there are {string.Join(',', expected)}";
        }
    }
}
