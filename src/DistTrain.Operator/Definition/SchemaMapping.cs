using DistTrain.Recipes;
using k8s.Models;

namespace DistTrain.Operator.Definition;

/// <summary>A value of the job file as a structural OpenAPI schema.</summary>
internal static class SchemaMapping
{
    public static V1JSONSchemaProps Of(ValueSchema value)
    {
        var isOpen = value.Type is null or "object";
        return new V1JSONSchemaProps
        {
            Description = value.Description,
            Type = value.Type,
            Format = value.Format,
            Minimum = value.Minimum,
            Maximum = value.Maximum,
            ExclusiveMinimum = value.ExclusiveMinimum ? true : null,
            ExclusiveMaximum = value.ExclusiveMaximum ? true : null,
            MinLength = value.MinLength,
            MaxLength = value.MaxLength,
            Pattern = value.Pattern,
            EnumProperty = value.Choices.Count > 0 ? [.. value.Choices] : null,
            Items = value.Items is { } items ? Of(items) : null,
            MinItems = value.MinItems,
            MaxItems = value.MaxItems,
            Properties = value.Properties.Count > 0 ? value.Properties.ToDictionary(p => p.Name, p => Of(p.Schema)) : null,
            MinProperties = value.MinProperties,
            MaxProperties = value.MaxProperties,
            XKubernetesPreserveUnknownFields = isOpen ? true : null,
        };
    }
}
