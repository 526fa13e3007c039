using DistTrain.Deployment.Tests.Processes;

namespace DistTrain.Deployment.Tests;

/// <summary>What <c>kubectl apply -k</c> would send is sound, and the checks that say so find mistakes.</summary>
[Trait("Kind", "Process")]
public class ManifestTests
{
    public static TheoryData<string> Overlays =>
        [.. Directory.GetDirectories(Repository.PathOf("k8s/overlays")).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task Every_overlay_is_sound(string overlay) =>
        Assert.Empty(ManifestCheck.Problems(Manifests.Load(await Kustomize.RenderAsync(overlay)), await RoleOptions.ReadAsync()));

    [Theory]
    [InlineData("serviceName: server", "serviceName: servers", "no headless service servers")]
    [InlineData("port: 6000\n    targetPort: grpc", "port: 6000\n    targetPort: rpc", "Service/server: its pods have no port rpc")]
    [InlineData("--port=6000", "--port=6001", "--port is 6001")]
    [InlineData("--memory-limit=2GiB", "--memory=2GiB", "'disttrain server' has no option --memory")]
    [InlineData("- worker\n        - --host", "- silo\n        - --host", "'disttrain' has no role silo")]
    [InlineData("server-1.server:6000", "server-1.servers:6000", "--servers is")]
    [InlineData("kind: Deployment\n    name: worker", "kind: Deployment\n    name: silo", "there is no Deployment silo")]
    [InlineData("secretName: disttrain-access", "secretName: access", "nobody makes the secret access")]
    [InlineData("claimName: data", "claimName: datasets", "there is no claim datasets")]
    [InlineData("mountPath: /jobs", "mountPath: /job", "--job-folder is /jobs")]
    [InlineData("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "more rights than it needs")]
    [InlineData("runAsNonRoot: true", "runAsNonRoot: false", "may run as root")]
    [InlineData("automountServiceAccountToken: false", "automountServiceAccountToken: true", "account at the API")]
    [InlineData("- --certs=/run/secrets/disttrain/tls\n", "", "asks nobody who they are")]
    [InlineData("terminationGracePeriodSeconds: 60", "terminationGracePeriodSeconds: 5", "killed before it has handed over")]
    [InlineData("port: silo\n", "port: orleans\n", "not all its pods have a port orleans")]
    [InlineData("image: redis:7.4", "image: redis", "may be another one tomorrow")]
    [InlineData("port: http\n          periodSeconds", "port: web\n          periodSeconds", "the liveness probe of")]
    [InlineData("--endpoint=disttrain.disttrain.svc:5000", "--endpoint=disttrain.disttrain.svc:5001", "no service listens there")]
    [InlineData("secretName: disttrain-operator-tls", "secretName: operator-tls", "nobody makes the secret operator-tls")]
    [InlineData("  - watch\n", "", "its account may not watch trainingjobs")]
    [InlineData("  - trainingjobs/status\n  verbs:\n  - patch", "  - trainingjobs/status\n  verbs:\n  - get", "its account may not patch trainingjobs/status")]
    [InlineData("  - watch\n", "  - watch\n  - delete\n", "its account may delete trainingjobs, which it never does")]
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
    public async Task A_mistake_is_found(string right, string wrong, string problem)
    {
        var rendered = await Kustomize.RenderAsync("production");
        var broken = rendered.Replace(right, wrong, StringComparison.Ordinal);
        Assert.NotEqual(rendered, broken);
        Assert.Contains(ManifestCheck.Problems(Manifests.Load(broken), await RoleOptions.ReadAsync()), p => p.Contains(problem, StringComparison.Ordinal));
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
