using k8s;
using k8s.Models;

namespace DistTrain.Deployment.Tests.Images;

/// <summary>
/// A pod of a workload in the form that <c>podman kube play</c> takes: it knows neither secrets as volumes, nor the address of a pod, services, and
/// claims of a StatefulSet. All else is the manifest's, but for the probes, which are asked from outside, and the list of ports.
/// </summary>
/// <param name="name">Name of the pod.</param>
/// <param name="address">Address it will have.</param>
/// <param name="workload">Whose pod it is.</param>
/// <param name="index">Which of them.</param>
internal sealed class PlayablePod(string name, string address, Workload workload, int index)
{
    public string Name { get; } = name;

    public string Address { get; } = address;

    /// <summary>The workload, with its probes.</summary>
    public Workload Workload { get; } = workload;

    /// <summary>Volumes that stand for the claims.</summary>
    public IEnumerable<string> Claims => Workload.Claims.Concat((Workload.Pod.Spec.Volumes ?? []).Select(v => v.PersistentVolumeClaim?.ClaimName).OfType<string>()).Select(ClaimName);

    /// <summary>The names by which others reach it: those of its service, and its own in a StatefulSet; short, and with the namespace.</summary>
    public IEnumerable<string> Names(IEnumerable<IKubernetesObject> objects)
    {
        var set = Workload.Name.Split('/')[1];
        return objects.OfType<V1Service>().Where(s => Workload.Has(s.Spec.Selector))
            .SelectMany(service => new[] { service.Name(), $"{set}-{index}.{service.Name()}" }.SelectMany(own => new[] { own, $"{own}.{service.Namespace()}.svc" }));
    }

    /// <summary>The file for <c>podman kube play</c>.</summary>
    /// <param name="hosts">The pods it may look for, by name.</param>
    /// <param name="secrets">Folder with one folder a secret.</param>
    public string Manifest(IEnumerable<KeyValuePair<string, string>> hosts, string secrets)
    {
        // A copy: the manifest's own objects stay as they are.
        var spec = KubernetesYaml.Deserialize<V1PodSpec>(KubernetesYaml.Serialize(Workload.Pod.Spec));
        spec.HostAliases = [.. hosts.Select(h => new V1HostAlias { Ip = h.Value, Hostnames = [h.Key] })];
        spec.Volumes = [.. (spec.Volumes ?? []).Concat(Workload.Claims.Select(c => new V1Volume { Name = c, PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = c } }))];
        foreach (var volume in spec.Volumes)
        {
            if (volume.Secret is { } secret)
                (volume.HostPath, volume.Secret) = (new V1HostPathVolumeSource { Path = Path.Combine(secrets, secret.SecretName), Type = "Directory" }, null);
            if (volume.PersistentVolumeClaim is { } claim)
                claim.ClaimName = ClaimName(claim.ClaimName);
        }

        foreach (var container in spec.Containers)
        {
            (container.StartupProbe, container.ReadinessProbe, container.LivenessProbe) = (null, null, null);
            // podman would publish each on all addresses of the machine.
            container.Ports = null;
            foreach (var variable in (container.Env ?? []).Where(v => v.ValueFrom is not null))
            {
                (variable.Value, variable.ValueFrom) = (Told(container, variable.ValueFrom!), null);
                container.Args = [.. container.Args.Select(a => a.Replace($"$({variable.Name})", variable.Value, StringComparison.Ordinal))];
            }
        }

        var owner = $"{spec.SecurityContext.FsGroup}";
        var pod = new V1Pod { ApiVersion = "v1", Kind = "Pod", Metadata = new V1ObjectMeta { Name = Name, Labels = Workload.Labels }, Spec = spec };
        var claims = Claims.Select(c => new V1PersistentVolumeClaim
        {
            ApiVersion = "v1",
            Kind = "PersistentVolumeClaim",
            Metadata = new V1ObjectMeta { Name = c, Annotations = new Dictionary<string, string> { ["volume.podman.io/uid"] = owner, ["volume.podman.io/gid"] = owner } },
            Spec = new V1PersistentVolumeClaimSpec { AccessModes = ["ReadWriteOnce"] },
        });
        return string.Join("---\n", claims.Select(c => KubernetesYaml.Serialize(c) + "\n").Append(KubernetesYaml.Serialize(pod) + "\n"));
    }

    /// <summary>What a kubelet tells a container of its pod; of cores the number, rounded up.</summary>
    private string Told(V1Container container, V1EnvVarSource source) => source switch
    {
        { FieldRef.FieldPath: "status.podIP" } => Address,
        { ResourceFieldRef.Resource: "requests.cpu" } => $"{Math.Ceiling(container.Resources.Requests["cpu"].ToDecimal()):0}",
        _ => throw new NotSupportedException($"{container.Name}: tell it this too"),
    };

    private string ClaimName(string claim) => $"{Name}-{claim}";
}
