using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace DistTrain.Deployment.Tests.Compose;

/// <summary>What <c>deploy/compose.yaml</c> uses of Compose's format; other keys are refused.</summary>
internal sealed class ComposeFile
{
    [YamlMember(Alias = "x-hardened", ApplyNamingConventions = false)]
    public object? Hardened { get; set; }

    [YamlMember(Alias = "x-disttrain", ApplyNamingConventions = false)]
    public object? Program { get; set; }

    [YamlMember(Alias = "x-server", ApplyNamingConventions = false)]
    public object? Server { get; set; }

    public Dictionary<string, ComposeService> Services { get; set; } = [];

    public Dictionary<string, Dictionary<string, string>> Volumes { get; set; } = [];

    public static ComposeFile Parse(string text) => new DeserializerBuilder()
        .WithNamingConvention(UnderscoredNamingConvention.Instance)
        .WithDuplicateKeyChecking()
        .Build()
        .Deserialize<ComposeFile>(new MergingParser(new Parser(new StringReader(text))));
}
