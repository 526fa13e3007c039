using System.ComponentModel;
using System.Text.Json;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;

namespace DistTrain.Deployment.Tests;

/// <summary>Dashboard, alerts and the monitor of pods are of the program as it is.</summary>
public partial class MonitoringTests
{
    private static readonly string _alerts = File.ReadAllText(Path.Combine(Tool.Repository, "deploy", "prometheus", "alerts.yaml"));

    public static TheoryData<string> Overlays => ManifestTests.Overlays;

    [Fact]
    public async Task Every_metric_that_is_asked_for_is_exposed()
    {
        var exposed = await ExposedMetrics.ReadAsync();
        Assert.Superset(Named(_alerts), exposed);
        Assert.Superset(Named(string.Join('\n', Queries())), exposed);
        // A name that is none would be found.
        Assert.DoesNotContain("disttrain_step_total", exposed);
        Assert.Equal(["disttrain_step_total"], Named("rate(disttrain_step_total[5m])"));
    }

    [Fact]
    public void Every_panel_asks_for_something()
    {
        Assert.All(Queries(), query => Assert.NotEmpty(Named(query)));
        Assert.True(Queries().Count > 10);
    }

    [Fact]
    public void Every_alert_is_explained()
    {
        var page = File.ReadAllText(Path.Combine(Tool.Repository, "docs", "recover.md"));
        var alerts = AlertPattern().Matches(_alerts).Select(m => m.Groups[1].Value).ToList();
        Assert.NotEmpty(alerts);
        Assert.All(alerts, alert => Assert.Contains($"**{alert}**", page, StringComparison.Ordinal));
        Assert.Equal(alerts.Order(StringComparer.Ordinal), ExplainedPattern().Matches(page).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("check", "alerts.yaml")]
    [InlineData("test", "alerts.test.yaml")]
    public void Prometheus_takes_the_alerts_and_they_tell_what_they_should(string command, string file)
    {
        try
        {
            Tool.Run("promtool", command, "rules", Path.Combine(Tool.Repository, "deploy", "prometheus", file));
        }
        catch (Win32Exception)
        {
            Assert.Skip("promtool is not installed");
        }
    }

    [Theory]
    [MemberData(nameof(Overlays))]
    public void With_any_overlay_every_process_is_asked(string overlay)
    {
        List<IKubernetesObject> objects = [.. KubernetesYaml.LoadAllFromString(Tool.RenderWith(overlay, "monitoring"), PodMonitor.Types, strict: true).Cast<IKubernetesObject>()];
        var monitor = Assert.Single(objects.OfType<PodMonitor>());
        var asked = Workload.Of(objects).Where(w => w.IsMeant(monitor.Spec.Selector)).ToList();
        Assert.Equal(["Deployment/operator", "Deployment/worker", "StatefulSet/server"], asked.Select(w => w.Name).Order(StringComparer.Ordinal));
        Assert.All(objects.OfType<V1StatefulSet>(), set => Assert.Equal(set.Namespace(), monitor.Metadata.NamespaceProperty));
        var endpoint = Assert.Single(monitor.Spec.PodMetricsEndpoints);
        Assert.All(asked, workload => Assert.True(workload.HasPort(endpoint.Port)));
        Assert.True(endpoint.HonorLabels);
        // The alerts ask for this job.
        Assert.Contains($"up{{job=\"{endpoint.Relabelings.Single(r => r.TargetLabel == "job").Replacement}\"}}", _alerts, StringComparison.Ordinal);
        var allowed = objects.OfType<V1NetworkPolicy>().Single(p => p.Name() == "metrics");
        Assert.Equal(endpoint.Port, Assert.Single(Assert.Single(allowed.Spec.Ingress).Ports).Port.Value);
    }

    private static HashSet<string> Named(string queries) => [.. MetricPattern().Matches(queries).Select(m => m.Value)];

    private static IReadOnlyList<string> Queries()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Tool.Repository, "deploy", "grafana", "disttrain.json")));
        return
        [
            .. dashboard.RootElement.GetProperty("panels").EnumerateArray().SelectMany(p => p.GetProperty("targets").EnumerateArray()).Select(t => t.GetProperty("expr").GetString()!),
            .. dashboard.RootElement.GetProperty("templating").GetProperty("list").EnumerateArray().Where(v => v.GetProperty("type").GetString() == "query").Select(v => v.GetProperty("query").GetProperty("query").GetString()!),
        ];
    }

    [GeneratedRegex(@"\b(disttrain|dotnet)_[a-z0-9_]+")]
    private static partial Regex MetricPattern();

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex AlertPattern();

    [GeneratedRegex(@"\*\*(DistTrain\w+)\*\*")]
    private static partial Regex ExplainedPattern();
}
