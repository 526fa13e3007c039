namespace DistTrain.Deployment.Tests.Compose;

/// <summary>What only a start would show, or nothing at all: services that do not fit each other or the program.</summary>
internal static class ComposeCheck
{
    /// <param name="file">The file.</param>
    /// <param name="options">The program's options, by command.</param>
    public static IReadOnlyList<string> Problems(ComposeFile file, IReadOnlyDictionary<string, HashSet<string>> options) =>
        [.. file.Services.SelectMany(s => SafetyProblems(s.Key, s.Value).Concat(VolumeProblems(s.Key, s.Value, file)).Concat(s.Value.Command.Count > 0 ? CommandProblems(s.Key, s.Value, file, options[s.Value.Command[0]]) : []))];

    private static IEnumerable<string> SafetyProblems(string name, ComposeService service)
    {
        if (!service.ReadOnly || !service.CapDrop.Contains("ALL") || !service.SecurityOpt.Contains("no-new-privileges:true"))
            yield return $"{name}: it has more rights than it needs";
        if (!service.Init)
            yield return $"{name}: it is process 1, and does not hear a SIGTERM while it starts";
        if (service.User is null || service.User.StartsWith('0') || service.User.StartsWith("root", StringComparison.Ordinal))
            yield return $"{name}: it runs as root";
        if (service.Healthcheck is null || service.Healthcheck.Test.Count == 0)
            yield return $"{name}: nobody asks whether it is well";
        var image = service.Image.TrimEnd('}').Split(":-")[^1];
        if (!image.Contains(':', StringComparison.Ordinal) || image.EndsWith(":latest", StringComparison.Ordinal))
            yield return $"{name}: the image {service.Image} may be another one tomorrow";
    }

    private static IEnumerable<string> VolumeProblems(string name, ComposeService service, ComposeFile file)
    {
        foreach (var volume in service.Volumes.Select(v => v.Split(':')[0]).Where(v => v.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && !file.Volumes.ContainsKey(v)))
            yield return $"{name}: there is no volume {volume}";
        foreach (var secret in service.Volumes.Where(v => v.Contains("/run/secrets", StringComparison.Ordinal) && !v.EndsWith(":ro", StringComparison.Ordinal)))
            yield return $"{name}: it may write to {secret}";
        foreach (var other in service.DependsOn.Keys.Where(o => !file.Services.ContainsKey(o)))
            yield return $"{name}: there is no {other} to wait for";
    }

    private static IEnumerable<string> CommandProblems(string name, ComposeService service, ComposeFile file, HashSet<string> known)
    {
        foreach (var option in service.Options.Keys.Concat(service.Entrypoint.SelectMany(e => e.Split(' ', '=')).Where(w => w.StartsWith("--", StringComparison.Ordinal))).Where(o => !known.Contains(o)))
            yield return $"{name}: 'disttrain {service.Command[0]}' has no option {option}";
        if (!service.Options.ContainsKey("--certs"))
            yield return $"{name}: it asks nobody who they are";
        foreach (var (option, path) in service.Options.Where(o => o.Value.StartsWith('/') && !service.Mounts.Any(m => o.Value == m || o.Value.StartsWith(m + "/", StringComparison.Ordinal))))
            yield return $"{name}: {option} is {path}, and nothing is mounted there";
        if (!service.Mounts.Contains("/tmp"))
            yield return $"{name}: it has no /tmp to write to";
        if (service.Options.GetValueOrDefault("--http-port") is not { } http || !service.Healthcheck!.Test.Any(t => t.Contains($"/127.0.0.1/{http};", StringComparison.Ordinal)))
            yield return $"{name}: it is not asked at its --http-port";
        foreach (var port in service.Ports.Where(p => !new[] { "--port", "--page" }.Select(option => service.Options.GetValueOrDefault(option)).Contains(p.Split(':')[^1])))
            yield return $"{name}: {port} is not its --port, nor its --page";
        foreach (var port in service.Ports.Where(p => !p.StartsWith("127.0.0.1:", StringComparison.Ordinal)))
            yield return $"{name}: {port} is open to other machines";
        if (service.Options.TryGetValue("--servers", out var servers))
        {
            var expected = string.Join(',', file.Services.Where(s => s.Value.Command.FirstOrDefault() == "server").Select(s => $"{s.Key}:{s.Value.Options["--port"]}"));
            if (servers != expected)
                yield return $"{name}: --servers is {servers}, and there are {expected}";
        }

        if (service.Options.TryGetValue("--cluster", out var cluster) && !file.Services.Keys.Any(s => cluster.StartsWith($"redis://{s}:", StringComparison.Ordinal)))
            yield return $"{name}: there is no {cluster}";
    }
}
