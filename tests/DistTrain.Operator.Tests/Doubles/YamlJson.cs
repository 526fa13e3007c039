using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace DistTrain.Operator.Tests.Doubles;

/// <summary>YAML as the JSON that <c>kubectl apply</c> would send.</summary>
internal static class YamlJson
{
    public static JsonObject Of(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return Map((YamlMappingNode)stream.Documents.Single().RootNode);
    }

    private static JsonObject Map(YamlMappingNode node) => new(node.Children.Select(c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, Value(c.Value))));

    private static JsonNode? Value(YamlNode node) => node switch
    {
        YamlMappingNode map => Map(map),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Value)]),
        YamlScalarNode { Style: not ScalarStyle.Plain } quoted => JsonValue.Create(quoted.Value),
        YamlScalarNode { Value: null or "" or "null" or "~" } => null,
        YamlScalarNode { Value: "true" or "false" } flag => JsonValue.Create(flag.Value == "true"),
        YamlScalarNode whole when long.TryParse(whole.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        YamlScalarNode real when double.TryParse(real.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => JsonValue.Create(number),
        YamlScalarNode text => JsonValue.Create(text.Value),
        _ => throw new InvalidOperationException($"{node} is no JSON"),
    };
}
