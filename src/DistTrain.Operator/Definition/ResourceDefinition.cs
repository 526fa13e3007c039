using DistTrain.Operator.Resources;
using DistTrain.Recipes.Files;
using k8s;
using k8s.Models;

namespace DistTrain.Operator.Definition;

/// <summary>The CustomResourceDefinition of a kind, made from the tables of the keys of job and probe files.</summary>
public static class ResourceDefinition
{
    /// <summary>Where it lies in the repository.</summary>
    public static string File(ResourceKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        return $"k8s/base/{kind.Plural}.yaml";
    }

    /// <summary>The file's text.</summary>
    public static string Yaml(ResourceKind kind) =>
        $"""
        # Generated from the tables in src/DistTrain.Recipes/Keys; to renew it:
        # DISTTRAIN_WRITE_DOCS=1 dotnet test tests/DistTrain.Operator.Tests
        {KubernetesYaml.Serialize(Object(kind)).ReplaceLineEndings("\n").TrimEnd()}

        """;

    /// <summary>The definition.</summary>
    public static V1CustomResourceDefinition Object(ResourceKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        return new()
        {
            ApiVersion = "apiextensions.k8s.io/v1",
            Kind = "CustomResourceDefinition",
            Metadata = new V1ObjectMeta { Name = kind.FullName },
            Spec = new V1CustomResourceDefinitionSpec
            {
                Group = ResourceNames.Group,
                Scope = "Namespaced",
                Names = new V1CustomResourceDefinitionNames
                {
                    Kind = kind.Name,
                    ListKind = $"{kind.Name}List",
                    Plural = kind.Plural,
                    Singular = kind.Singular,
                    ShortNames = [kind.Short],
                },
                Versions =
                [
                    new V1CustomResourceDefinitionVersion
                    {
                        Name = ResourceNames.Version,
                        Served = true,
                        Storage = true,
                        Schema = new V1CustomResourceValidation { OpenAPIV3Schema = Schema(kind) },
                        Subresources = new V1CustomResourceSubresources { Status = new object() },
                        AdditionalPrinterColumns = [.. Columns(kind)],
                    },
                ],
            },
        };
    }

    private static IEnumerable<V1CustomResourceColumnDefinition> Columns(ResourceKind kind) =>
    [
        Column("State", "string", ".status.state"),
        Column("Progress", "string", ".status.display.progress"),
        .. kind.Figures.Where(figure => figure.Column is not null).Select(figure => Column(figure.Column!, "string", figure.IsText ? $".status.{figure.Name}" : $".status.display.{figure.Name}")),
        Column("Age", "date", ".metadata.creationTimestamp"),
        Column("Reason", "string", $".status.conditions[?(@.type==\"{ConditionTypes.Progressing}\")].reason", priority: 1),
        Column("Job", "string", ".status.jobId", priority: 1),
        Column("Weights", "string", ".status.weightsSha256", priority: 1),
    ];

    private static V1JSONSchemaProps Schema(ResourceKind kind) => new()
    {
        Type = "object",
        Description = kind.Description,
        Properties = new Dictionary<string, V1JSONSchemaProps>
        {
            ["metadata"] = new()
            {
                Type = "object",
                Properties = new Dictionary<string, V1JSONSchemaProps> { ["name"] = SchemaMapping.Of(JobSchema.Name with { Description = null }) },
            },
            ["spec"] = Spec(kind),
            ["status"] = StatusSchema.Of(kind),
        },
    };

    private static V1JSONSchemaProps Spec(ResourceKind kind)
    {
        var spec = SchemaMapping.Of(kind.Spec);
        spec.Properties.Add(ObjectKeys.SuspendKey, new()
        {
            Type = "boolean",
            Description = "of the object, not of the job file: true stops the job, with what is committed saved, or keeps it from being submitted; false lets it go on from there. Default: false.",
        });
        spec.Properties.Add(ObjectKeys.TimeToLiveKey, new()
        {
            Type = "integer",
            Format = "int32",
            Minimum = 0,
            Description = "of the object, not of the job file: seconds after the job's end in which the object is deleted; the job's files stay. Default: it stays.",
        });
        if (kind == ResourceKind.LandscapeProbe)
        {
            spec.Properties[ObjectKeys.WeightsKey].Properties.Add(ObjectKeys.TrainingJobKey, new()
            {
                Type = "string",
                MinLength = 1,
                Description = "of the object, not of the probe's file: name of a TrainingJob object of this namespace, whose job is meant; in place of job.",
            });
        }

        return spec;
    }

    private static V1CustomResourceColumnDefinition Column(string name, string type, string path, int? priority = null) =>
        new() { Name = name, Type = type, JsonPath = path, Priority = priority };
}
