using System.Xml.Linq;

namespace DistTrain.Architecture.Tests;

[Trait("Kind", "Fast")]
public class ReferenceTests
{
    /// <summary>Who may refer to whom; docs/decisions.md gives the reasons.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Optimization"] = [],
        ["Recipes"] = ["Optimization"],
        ["Security"] = [],
        ["Observability"] = [],
        ["Protocol"] = ["Optimization", "Security"],
        ["Page"] = ["Protocol"],
        ["Client"] = ["Protocol", "Security"],
        ["Operator"] = ["Observability", "Protocol", "Recipes", "Security"],
        ["Torch"] = ["Optimization", "Recipes"],
        ["Training"] = ["Optimization", "Protocol", "Recipes"],
        ["ParameterServer"] = ["Observability", "Optimization", "Protocol", "Recipes", "Security", "Training"],
        ["Worker"] = ["Observability", "Optimization", "Page", "Protocol", "Recipes", "Security", "Torch", "Training"],
        ["Cli"] = ["Client", "Observability", "Operator", "Optimization", "Page", "ParameterServer", "Protocol", "Recipes", "Security", "Torch", "Worker"],
    };

    public static TheoryData<string> Projects => [.. Directory.GetDirectories(Repository.PathOf("src")).Select(d => Path.GetFileName(d)!)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_refers_only_to_the_layers_below_it(string project)
    {
        var name = project["DistTrain.".Length..];
        Assert.Contains(name, Allowed.Keys);
        var references = Includes(project, "ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r)["DistTrain.".Length..]);
        Assert.Empty(references.Except(Allowed[name]));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Only_Torch_sees_tensors_and_only_Protocol_generates_messages(string project)
    {
        var packages = Includes(project, "PackageReference").ToList();
        if (project != "DistTrain.Torch")
            Assert.DoesNotContain("TorchSharp", packages);
        if (project != "DistTrain.Protocol")
            Assert.DoesNotContain("Grpc.Tools", packages);
    }

    private static IEnumerable<string> Includes(string project, string item) =>
        XDocument.Load(Repository.PathOf($"src/{project}/{project}.csproj"))
            .Descendants(item)
            .Select(e => e.Attribute("Include")!.Value.Replace('\\', '/'));
}
