using System.Text.RegularExpressions;

namespace DistTrain.Architecture.Tests;

/// <summary>What lies around a process sets it up in known places only, and a document has all of them.</summary>
[Trait("Kind", "Fast")]
public partial class SurroundingsTests
{
    private static readonly IReadOnlyList<(string Name, string Text)> _sources =
    [
        .. Directory.GetFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"))
            .Select(file => (Path.GetFileNameWithoutExtension(file), File.ReadAllText(file))),
    ];

    /// <summary>The framework's own builders read settings files of the current directory and every variable.</summary>
    [Fact]
    public void Hosts_are_built_in_one_place() => Assert.Equal(["RoleApplication"], With(HostPattern()));

    /// <summary>Any other would send calls between processes of a cluster through the proxy of whoever starts it.</summary>
    [Fact]
    public void Connections_are_made_in_one_place() => Assert.Equal(["DirectHandler"], With(ConnectionPattern()));

    [Fact]
    public void Every_variable_that_is_read_is_in_the_list()
    {
        var list = Document.Of("docs/run.md").Text.Split("## Environment")[1].Split("\n## ")[0];
        var read = _sources.SelectMany(source => VariablePattern().Matches(source.Text)).Select(found => found.Value.Trim('"')).Distinct().ToList();
        Assert.Contains("DISTTRAIN_CERTS", read);
        Assert.All(read, name => Assert.Contains(name, list, StringComparison.Ordinal));
    }

    private static IEnumerable<string> With(Regex pattern) => _sources.Where(source => pattern.IsMatch(source.Text)).Select(source => source.Name).Order();

    [GeneratedRegex(@"\b(?:WebApplication|Host|WebHost)\.Create\w*Builder\(|\bnew HostBuilder\(|\bAddEnvironmentVariables\(|\bAddJsonFile\(")]
    private static partial Regex HostPattern();

    [GeneratedRegex(@"\bnew (?:SocketsHttpHandler|HttpClientHandler|HttpClient)\b")]
    private static partial Regex ConnectionPattern();

    /// <summary>Names of variables are written in capitals, and nothing else is.</summary>
    [GeneratedRegex(@"""(?:DISTTRAIN|OTEL|DOTNET|COMPlus|OMP|MKL|ONEDNN|ATEN|MALLOC|GLIBC|NO)_\w+""|""(?:CI|TERM)""")]
    private static partial Regex VariablePattern();
}
