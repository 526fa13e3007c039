using System.Text.Json;
using System.Text.RegularExpressions;

namespace DistTrain.Deployment.Tests;

/// <summary>Dashboard and alerts are of the program as it is.</summary>
[Trait("Kind", "Fast")]
public partial class MonitoringTests
{
    private static readonly string _alerts = Repository.Read("deploy/prometheus/alerts.yaml");

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
        var page = Repository.Read("docs/recover.md");
        var alerts = AlertPattern().Matches(_alerts).Select(m => m.Groups[1].Value).ToList();
        Assert.NotEmpty(alerts);
        Assert.All(alerts, alert => Assert.Contains($"**{alert}**", page, StringComparison.Ordinal));
        Assert.Equal(alerts.Order(StringComparer.Ordinal), ExplainedPattern().Matches(page).Select(m => m.Groups[1].Value).Order(StringComparer.Ordinal));
    }

    private static HashSet<string> Named(string queries) => [.. MetricPattern().Matches(queries).Select(m => m.Value)];

    private static IReadOnlyList<string> Queries()
    {
        using var dashboard = JsonDocument.Parse(Repository.Read("deploy/grafana/disttrain.json"));
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
