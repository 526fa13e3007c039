using System.Globalization;
using DistTrain.Benchmarks.Recovery;
using DistTrain.Benchmarks.Sides;

namespace DistTrain.Benchmarks.Observability;

/// <summary>A server and two silos with a job that trains until they are ended, which disposing does.</summary>
internal sealed class TrainingCluster : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<Role> _roles = [];
    private readonly List<int> _ports = [];
    private readonly List<Uri> _pages = [];
    private readonly Tracing? _tracing;

    private TrainingCluster(Tracing? tracing) => _tracing = tracing;

    /// <summary>Where metrics are; empty where nobody observes.</summary>
    public IReadOnlyList<int> HttpPorts => _ports;

    /// <summary>Of its silos; empty where none serves any.</summary>
    public IReadOnlyList<Uri> Pages => _pages;

    /// <summary>All its processes; the last is the one that watches.</summary>
    public Side Side => new(_roles[^1], _roles);

    public static async Task<TrainingCluster> StartAsync(string? data, Tracing? tracing = null, bool hasPages = false)
    {
        var cluster = new TrainingCluster(tracing);
        var server = await cluster.StartAsync("server", "--job-folder", cluster._folder["jobs/{job}"]);
        var silo = await cluster.StartSiloAsync(server, hasPages);
        await cluster.StartSiloAsync(server, hasPages);
        await File.WriteAllTextAsync(cluster._folder["job.yaml"], "apiVersion: disttrain.dev/v1\nkind: TrainingJob\n");
        List<string> settings = ["model.name=cnn", "batch=128", "workers=2", "steps=1000000", "checkpoint.everySteps=0", "dataset.testExamples=100", "evaluation.everyEpochs=0"];
        if (data is not null)
            settings.AddRange(["dataset.name=mnist", $"dataset.path={data}"]);
        await Role.RunAsync(["submit", cluster._folder["job.yaml"], "--id", "measured", "--endpoint", silo.Endpoint, .. settings.SelectMany(s => new[] { "--set", s })]);
        cluster._roles.Add(Role.Start("watch", "measured", "--endpoint", silo.Endpoint, "--output", "json"));
        return cluster;
    }

    public void Dispose()
    {
        foreach (var role in Enumerable.Reverse(_roles))
            role.Dispose();
        _folder.Dispose();
    }

    private Task<Role> StartSiloAsync(Role server, bool hasPage)
    {
        List<string> options = ["--cluster", _folder["cluster"], "--servers", server.Endpoint];
        if (hasPage)
        {
            var port = Ports.Free();
            _pages.Add(new UriBuilder("http", "127.0.0.1", port).Uri);
            options.AddRange(["--page", port.ToString(CultureInfo.InvariantCulture)]);
        }

        return StartAsync("worker", [.. options]);
    }

    private async Task<Role> StartAsync(string kind, params string[] options)
    {
        List<string> arguments = [kind, "--port", "0", "--exit-with-parent", .. options];
        if (_tracing is not null)
        {
            _ports.Add(Ports.Free());
            arguments.AddRange(["--http-port", _ports[^1].ToString(CultureInfo.InvariantCulture)]);
        }

        var role = await Role.StartWithAsync(_tracing?.Environment, arguments);
        _roles.Add(role);
        return role;
    }
}
