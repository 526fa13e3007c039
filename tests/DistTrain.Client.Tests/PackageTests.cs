using System.IO.Compression;
using System.Reflection;
using System.Xml.Linq;
using DistTrain.Tests.Processes;

namespace DistTrain.Client.Tests;

/// <summary>What users of the package get.</summary>
[Trait("Kind", "Process")]
public class PackageTests
{
    /// <summary>Callers compile against one assembly; those that it calls lie beside it and are nobody's dependencies.</summary>
    [Fact]
    public async Task It_is_one_package_that_needs_three_others()
    {
        using var folder = new TempFolder();
        var built = new DirectoryInfo(AppContext.BaseDirectory);
        await Tool.RunAsync("dotnet", "pack", Repository.PathOf("src/DistTrain.Client"), "--no-build", "--configuration", built.Parent!.Name, "--output", folder.Path);
        using var package = await ZipFile.OpenReadAsync(Assert.Single(Directory.GetFiles(folder.Path, "*.nupkg")));

        Assert.Equal(
            [
                "README.md", "lib/net10.0/DistTrain.Client.dll", "lib/net10.0/DistTrain.Client.xml", "lib/net10.0/DistTrain.Optimization.dll",
                "lib/net10.0/DistTrain.Protocol.dll", "lib/net10.0/DistTrain.Security.dll", "ref/net10.0/DistTrain.Client.dll", "ref/net10.0/DistTrain.Client.xml",
            ],
            package.Entries.Select(entry => entry.FullName).Where(name => name == "README.md" || name.Contains("/net10.0/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        using var description = await package.Entries.Single(entry => entry.Name == "DistTrain.Client.nuspec").OpenAsync();
        var elements = XDocument.Load(description).Descendants().ToList();
        Assert.Equal(
            ["Google.Protobuf", "Grpc.Net.Client", "Microsoft.Extensions.Logging.Abstractions"],
            elements.Where(e => e.Name.LocalName == "dependency").Select(e => e.Attribute("id")!.Value));
        Assert.DoesNotContain(elements, e => e.Name.LocalName == "frameworkReference");
    }

    /// <summary>A type of another assembly could not be named by callers, who do not see those beside this one.</summary>
    [Fact]
    public void Nothing_public_shows_a_type_of_what_lies_beside_it()
    {
        var types = typeof(DistTrainClient).Assembly.GetExportedTypes();
        var shown = types.SelectMany(type => type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .SelectMany(Types).SelectMany(Parts).Where(type => !type.IsGenericParameter).Select(type => type.Assembly.GetName().Name).Distinct().ToList();
        Assert.Empty(shown.Except(["DistTrain.Client", "System.Private.CoreLib", "System.Private.Uri", "System.Runtime"]));
    }

    private static IEnumerable<Type> Types(MemberInfo member) => member switch
    {
        MethodBase method => [.. method.GetParameters().Select(p => p.ParameterType), method is MethodInfo { ReturnType: var type } ? type : typeof(void)],
        PropertyInfo property => [property.PropertyType],
        FieldInfo field => [field.FieldType],
        _ => [],
    };

    private static IEnumerable<Type> Parts(Type type) => [type.HasElementType ? type.GetElementType()! : type, .. type.GetGenericArguments().SelectMany(Parts)];
}
