using DistTrain.Deployment.Tests.Processes;
using k8s.Models;

namespace DistTrain.Deployment.Tests;

/// <summary>What <c>kubectl apply -k</c> would send is sound, and the checks that say so find mistakes.</summary>
[Trait("Kind", "Process")]
public class ManifestTests
{
    private const string Gpu = "nvidia.com/gpu";

    public static TheoryData<string> Overlays =>
        [.. Directory.GetDirectories(Repository.PathOf("k8s/overlays")).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_overlay_is_sound(string overlay) =>
        Assert.Empty(ManifestCheck.Problems(Manifests.Load(await Kustomize.RenderAsync(overlay)), await RoleOptions.ReadAsync(), InstallGuide.Shipped));

    [Theory]
    [InlineData("serviceName: server", "serviceName: servers", "no headless service servers")]
    [InlineData("port: 6000\n    targetPort: grpc", "port: 6000\n    targetPort: rpc", "Service/server: its pods have no port rpc")]
    [InlineData("--port=6000", "--port=6001", "--port is 6001")]
    [InlineData("--memory-limit=2GiB", "--memory=2GiB", "'disttrain server' has no option --memory")]
    [InlineData("- worker\n        - --host", "- silo\n        - --host", "'disttrain' has no role silo")]
    [InlineData("server-1.server.disttrain.svc:6000", "server-1.servers.disttrain.svc:6000", "--servers is")]
    [InlineData("kind: Deployment\n    name: worker", "kind: Deployment\n    name: silo", "there is no Deployment silo")]
    [InlineData("secretName: disttrain-access", "secretName: access", "nobody makes the secret access")]
    [InlineData("claimName: data", "claimName: datasets", "there is no claim datasets")]
    [InlineData("mountPath: /jobs", "mountPath: /job", "--job-folder is /jobs")]
    [InlineData("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "more rights than it needs")]
    [InlineData("runAsNonRoot: true", "runAsNonRoot: false", "may run as root")]
    [InlineData("      shareProcessNamespace: true\n", "", "StatefulSet/server: its process is number 1")]
    [InlineData("automountServiceAccountToken: false", "automountServiceAccountToken: true", "account at the API")]
    [InlineData("- --certs=/run/secrets/disttrain/tls\n", "", "asks nobody who they are")]
    [InlineData("        - --slots=$(SLOTS)\n", "", "Deployment/worker: it takes all cores of its node for its own")]
    [InlineData("terminationGracePeriodSeconds: 60", "terminationGracePeriodSeconds: 5", "killed before it has handed over")]
    [InlineData("port: silo\n", "port: orleans\n", "not all its pods have a port orleans")]
    [InlineData("image: redis:7.4", "image: redis", "may be another one tomorrow")]
    [InlineData("port: http\n          periodSeconds", "port: web\n          periodSeconds", "the liveness probe of")]
    [InlineData("--endpoint=disttrain.disttrain.svc:5000", "--endpoint=disttrain.disttrain.svc:5001", "no service listens there")]
    [InlineData("secretName: disttrain-operator-tls", "secretName: operator-tls", "nobody makes the secret operator-tls")]
    [InlineData("  - watch\n", "", "its account may not watch trainingjobs")]
    [InlineData("  - landscapeprobes/status\n  verbs:\n  - patch", "  - landscapeprobes/status\n  verbs:\n  - get", "its account may not patch trainingjobs/status")]
    [InlineData("  - landscapeprobes\n", "", "its account may not watch landscapeprobes")]
    [InlineData("plural: landscapeprobes", "plural: probes", "the program asks for landscapeprobes.disttrain.dev/v1")]
    [InlineData("  - watch\n", "  - watch\n  - deletecollection\n", "its account may deletecollection trainingjobs, which it never does")]
    [InlineData("  - watch\n", "  - '*'\n", "it grants whatever there is")]
    [InlineData("  kind: Role\n  name: operator", "  kind: Role\n  name: operators", "there is no Role operators")]
    [InlineData("  kind: Role\n  name: operator", "  kind: Role\n  name: operators", "Role/operator: nobody has it")]
    [InlineData("- kind: ServiceAccount\n  name: operator", "- kind: ServiceAccount\n  name: default", "there is no ServiceAccount default in disttrain")]
    [InlineData("serviceAccountName: operator", "serviceAccountName: default", "there is no account default")]
    [InlineData("automountServiceAccountToken: true", "automountServiceAccountToken: false", "the operator gets no token for the API")]
    [InlineData("group: disttrain.dev", "group: disttrain.io", "a definition of trainingjobs.disttrain.io has to be named so")]
    [InlineData("group: disttrain.dev", "group: disttrain.io", "nothing defines trainingjobs.disttrain.dev")]
    [InlineData("plural: trainingjobs", "plural: jobs", "the program asks for trainingjobs.disttrain.dev/v1")]
    [InlineData("    subresources:\n      status: {}\n", "", "v1 has no status of its own")]
    [InlineData("  - events\n  verbs:\n  - create", "  - events\n  verbs:\n  - get", "its account may not create events")]
    [InlineData("      priorityClassName: disttrain-server\n      securityContext:\n        fsGroup: 999", "      securityContext:\n        fsGroup: 999", "StatefulSet/redis: it has less priority than Deployment/worker, which needs it")]
    [InlineData("      priorityClassName: disttrain-worker\n      securityContext:\n        fsGroup: 1654\n        runAsNonRoot: true\n        runAsUser: 1654\n        seccompProfile:\n          type: RuntimeDefault\n      serviceAccountName: operator", "      securityContext:\n        fsGroup: 1654\n        runAsNonRoot: true\n        runAsUser: 1654\n        seccompProfile:\n          type: RuntimeDefault\n      serviceAccountName: operator", "Deployment/operator: it has no priority beside others")]
    [InlineData("priorityClassName: disttrain-server", "priorityClassName: disttrain-servers", "there is no priority class disttrain-servers")]
    [InlineData("value: 100000", "value: 100", "StatefulSet/server: it has less priority than Deployment/worker, which needs it")]
    [InlineData("  selector:\n    matchLabels:\n      app.kubernetes.io/name: worker\n  strategy:", "  replicas: 3\n  selector:\n    matchLabels:\n      app.kubernetes.io/name: worker\n  strategy:", "the number of its pods stands in the manifest too")]
    [InlineData("minReplicas: 3", "minReplicas: 8", "it scales nothing, and undoes what others scale")]
    [InlineData("- ReadWriteMany", "- ReadOnlyMany", "nobody can fill it, and common classes refuse it")]
    [InlineData("- ReadWriteMany", "- ReadWriteOnce", "pods on several nodes need ReadWriteMany, not ReadWriteOnce")]
    [InlineData("key: disttrain.dev/processor", "key: disttrain.dev/kind", "only on nodes with the label disttrain.dev/kind, which the guide does not name")]
    [InlineData("server-1.server.disttrain.svc:6000", "server-1.server:6000", "it calls server-1.server, for which the guide makes no certificate")]
    [InlineData("--endpoint=disttrain.disttrain.svc:5000", "--endpoint=disttrain:5000", "it calls disttrain, for which the guide makes no certificate")]
    public async Task A_mistake_is_found(string right, string wrong, string problem)
    {
        var rendered = await Kustomize.RenderAsync("production");
        var broken = rendered.Replace(right, wrong, StringComparison.Ordinal);
        Assert.NotEqual(rendered, broken);
        Assert.Contains(ManifestCheck.Problems(Manifests.Load(broken), await RoleOptions.ReadAsync(), InstallGuide.Shipped), p => p.Contains(problem, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("*.server.disttrain.svc", "*.server", "OpenSSL takes a wildcard only before two labels or more")]
    [InlineData("*.server.disttrain.svc", "*.servers.disttrain.svc", "it calls server-0.server.disttrain.svc, for which the guide makes no certificate")]
    [InlineData("metrics-server", "a server of metrics", "needs metrics-server, which the guide does not name")]
    [InlineData("disttrain.dev/processor", "disttrain.dev/cpu", "only on nodes with the label disttrain.dev/processor, which the guide does not name")]
    public async Task A_mistake_of_the_guide_is_found(string right, string wrong, string problem)
    {
        var guide = new InstallGuide(InstallGuide.Shipped.Text.Replace(right, wrong, StringComparison.Ordinal));
        Assert.NotEqual(InstallGuide.Shipped, guide);
        Assert.Contains(ManifestCheck.Problems(Manifests.Load(await Kustomize.RenderAsync("production")), await RoleOptions.ReadAsync(), guide), p => p.Contains(problem, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task The_guide_says_what_each_overlay_needs(string overlay)
    {
        var needs = InstallGuide.Shipped.Needs(overlay);
        var (cores, gibibytes) = PlacementCheck.Needs(Manifests.Load(await Kustomize.RenderAsync(overlay)));
        Assert.True(needs.Count > 2, $"the guide has no row for `{overlay}`");
        Assert.Equal((FormattableString.Invariant($"{cores:0.##}"), FormattableString.Invariant($"{gibibytes:0.#} GiB")), (needs[1], needs[2]));
    }

    [Fact]
    public async Task One_node_needs_a_volume_as_every_class_has_one()
    {
        var broken = (await Kustomize.RenderAsync("local")).Replace("- ReadWriteOnce\n  resources:\n    requests:\n      storage: 1Gi\n---", "- ReadWriteMany\n  resources:\n    requests:\n      storage: 1Gi\n---", StringComparison.Ordinal);
        Assert.Contains(ManifestCheck.Problems(Manifests.Load(broken), await RoleOptions.ReadAsync(), InstallGuide.Shipped), p => p.Contains("need no more than ReadWriteOnce", StringComparison.Ordinal));
    }

    [Fact]
    public async Task On_nodes_with_GPUs_each_silo_gets_one_of_the_CUDA_image_and_no_other_pod_does()
    {
        var workloads = Workload.Of(Manifests.Load(await Kustomize.RenderAsync("gpu")));
        var silo = Assert.Single(workloads, w => w.Pod.Spec.Containers.Any(c => c.Resources?.Limits?.ContainsKey(Gpu) is true));
        Assert.Equal("Deployment/worker", silo.Name);
        var container = Assert.Single(silo.Pod.Spec.Containers);
        Assert.Equal("1", container.Resources.Limits[Gpu].ToString());
        Assert.EndsWith("-cuda", container.Image, StringComparison.Ordinal);
        Assert.Equal("true", silo.Pod.Spec.NodeSelector["nvidia.com/gpu.present"]);
        Assert.Contains(silo.Pod.Spec.Tolerations, t => t is { Key: Gpu, OperatorProperty: "Exists", Effect: "NoSchedule" });
        // What others ask for is met by nodes that have no GPU, too.
        Assert.DoesNotContain(workloads, w => w != silo && w.Pod.Spec.Tolerations is { Count: > 0 });
    }

    [Fact]
    public void The_pod_that_data_is_copied_through_writes_where_silos_read()
    {
        var pod = Assert.IsType<V1Pod>(Assert.Single(Manifests.Load(Repository.Read("k8s/examples/data.yaml"))));
        Assert.Equal("data", Assert.Single(pod.Spec.Volumes).PersistentVolumeClaim.ClaimName);
        var container = Assert.Single(pod.Spec.Containers);
        Assert.Equal(("/data", null), (Assert.Single(container.VolumeMounts).MountPath, container.VolumeMounts[0].ReadOnlyProperty));
        // The namespace enforces it.
        Assert.True(pod.Spec.SecurityContext is { RunAsNonRoot: true, SeccompProfile.Type: "RuntimeDefault" } && container.SecurityContext is { AllowPrivilegeEscalation: false, ReadOnlyRootFilesystem: true });
    }

    [Theory]
    [InlineData("readinessProbe:", "readynessProbe:")]
    [InlineData("replicas: 2", "replicas: two")]
    public async Task What_Kubernetes_does_not_know_is_refused(string right, string wrong)
    {
        var broken = (await Kustomize.RenderAsync("production")).Replace(right, wrong, StringComparison.Ordinal);
        Assert.ThrowsAny<Exception>(() => Manifests.Load(broken));
    }
}
