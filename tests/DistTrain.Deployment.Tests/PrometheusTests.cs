using DistTrain.Deployment.Tests.Processes;
using DistTrain.Tests.Processes;
using k8s;
using k8s.Models;

namespace DistTrain.Deployment.Tests;

/// <summary>Prometheus takes the alerts, and finds every process.</summary>
[Trait("Kind", "Process")]
public class PrometheusTests
{
    [Theory]
    [InlineData("check", "alerts.yaml")]
    [InlineData("test", "alerts.test.yaml")]
    public Task Prometheus_takes_the_alerts_and_they_tell_what_they_should(string command, string file) =>
        Tool.RunAsync("promtool", command, "rules", Repository.PathOf($"deploy/prometheus/{file}"));

    [Theory]
    [MemberData(nameof(ManifestTests.Overlays), MemberType = typeof(ManifestTests))]
    public async Task With_any_overlay_every_process_is_asked(string overlay)
    {
        List<IKubernetesObject> objects = [.. KubernetesYaml.LoadAllFromString(await Kustomize.RenderWithAsync(overlay, "monitoring"), PodMonitor.Types, strict: true).Cast<IKubernetesObject>()];
        var monitor = Assert.Single(objects.OfType<PodMonitor>());
        var asked = Workload.Of(objects).Where(w => w.IsMeant(monitor.Spec.Selector)).ToList();
        Assert.Equal(["Deployment/operator", "Deployment/worker", "StatefulSet/server"], asked.Select(w => w.Name).Order(StringComparer.Ordinal));
        Assert.All(objects.OfType<V1StatefulSet>(), set => Assert.Equal(set.Namespace(), monitor.Metadata.NamespaceProperty));
        var endpoint = Assert.Single(monitor.Spec.PodMetricsEndpoints);
        Assert.All(asked, workload => Assert.True(workload.HasPort(endpoint.Port)));
        Assert.True(endpoint.HonorLabels);
        // The alerts ask for this job.
        Assert.Contains($"up{{job=\"{endpoint.Relabelings.Single(r => r.TargetLabel == "job").Replacement}\"}}", Repository.Read("deploy/prometheus/alerts.yaml"), StringComparison.Ordinal);
        var allowed = objects.OfType<V1NetworkPolicy>().Single(p => p.Name() == "metrics");
        Assert.Equal(endpoint.Port, Assert.Single(Assert.Single(allowed.Spec.Ingress).Ports).Port.Value);
    }
}
