namespace DistTrain.Deployment.Tests.Compose;

/// <summary>A service of a compose file.</summary>
internal sealed class ComposeService
{
    public string Image { get; set; } = "";

    public string? User { get; set; }

    public bool ReadOnly { get; set; }

    public List<string> CapDrop { get; set; } = [];

    public List<string> SecurityOpt { get; set; } = [];

    public string? Restart { get; set; }

    public bool Init { get; set; }

    public string? StopGracePeriod { get; set; }

    public List<string> Entrypoint { get; set; } = [];

    public List<string> Command { get; set; } = [];

    public List<string> Ports { get; set; } = [];

    public List<string> Tmpfs { get; set; } = [];

    public List<string> Volumes { get; set; } = [];

    public ComposeHealth? Healthcheck { get; set; }

    public Dictionary<string, ComposeDependency> DependsOn { get; set; } = [];

    /// <summary>The command's options with their values.</summary>
    public IReadOnlyDictionary<string, string> Options => Command.Skip(1).Select(a => a.Split('=', 2)).ToDictionary(a => a[0], a => a.ElementAtOrDefault(1) ?? "");

    /// <summary>Folders and files that are mounted.</summary>
    public IEnumerable<string> Mounts => Volumes.Select(v => (v.EndsWith(":ro", StringComparison.Ordinal) ? v[..^3] : v).Split(':')[^1]).Concat(Tmpfs.Select(t => t.Split(':')[0]));
}
