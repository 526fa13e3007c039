using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using k8s.Models;

namespace DistTrain.Operator.Tests.Doubles;

/// <summary>What an API server has against a value, by a structural schema. What the schema does not know is kept where it is open, else it is a problem.</summary>
internal static class SchemaCheck
{
    public static IEnumerable<string> Problems(V1JSONSchemaProps schema, JsonNode? value, string path)
    {
        if (value is null)
            return [$"{path}: null"];
        var found = value.GetValueKind() switch
        {
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            JsonValueKind.Number => "number",
            _ => "boolean",
        };
        var number = found == "number" ? double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture) : double.NaN;
        if (schema.Type is { } type && type != found && !(type == "integer" && number == Math.Truncate(number)))
            return [$"{path}: a {found} in place of a {type}"];
        return value switch
        {
            JsonObject map => MapProblems(schema, map, path),
            JsonArray list => ListProblems(schema, list, path),
            _ when found == "number" => NumberProblems(schema, number, path),
            _ when found == "string" => TextProblems(schema, value.GetValue<string>(), path),
            _ => [],
        };
    }

    private static IEnumerable<string> MapProblems(V1JSONSchemaProps schema, JsonObject map, string path)
    {
        foreach (var name in (schema.Required ?? []).Where(r => !map.ContainsKey(r)))
            yield return $"{path}.{name} is missing";
        if (map.Count < schema.MinProperties || map.Count > schema.MaxProperties)
            yield return $"{path}: {map.Count} keys";
        foreach (var (name, value) in map)
        {
            if (schema.Properties?.TryGetValue(name, out var inner) == true)
            {
                foreach (var problem in Problems(inner, value, $"{path}.{name}"))
                    yield return problem;
            }
            else if (schema.XKubernetesPreserveUnknownFields != true)
            {
                yield return $"{path}.{name} is unknown";
            }
        }
    }

    private static IEnumerable<string> ListProblems(V1JSONSchemaProps schema, JsonArray list, string path)
    {
        if (list.Count < schema.MinItems || list.Count > schema.MaxItems)
            yield return $"{path}: {list.Count} items";
        for (var i = 0; i < list.Count && schema.Items is not null; i++)
        {
            foreach (var problem in Problems((V1JSONSchemaProps)schema.Items, list[i], $"{path}[{i}]"))
                yield return problem;
        }
    }

    private static IEnumerable<string> NumberProblems(V1JSONSchemaProps schema, double number, string path)
    {
        if (number < schema.Minimum || number > schema.Maximum || (schema.ExclusiveMinimum == true && number == schema.Minimum) || (schema.ExclusiveMaximum == true && number == schema.Maximum))
            yield return $"{path}: {number} is out of range";
    }

    private static IEnumerable<string> TextProblems(V1JSONSchemaProps schema, string text, string path)
    {
        if (text.Length < schema.MinLength || text.Length > schema.MaxLength)
            yield return $"{path}: {text.Length} characters";
        if (schema.Pattern is { } pattern && !Regex.IsMatch(text, pattern))
            yield return $"{path}: '{text}' does not match {pattern}";
        if (schema.EnumProperty is { Count: > 0 } choices && !choices.Any(c => c.ToString() == text))
            yield return $"{path}: '{text}' is none of {string.Join(", ", choices)}";
        if (schema.Format == "date-time" && !DateTimeOffset.TryParse(text, out _))
            yield return $"{path}: '{text}' is no time";
    }
}
