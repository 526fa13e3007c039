using DistTrain.Operator.Resources;
using DistTrain.Recipes.Files;
using k8s;
using k8s.Models;

namespace DistTrain.Operator.Definition;

/// <summary>The CustomResourceDefinition: <c>k8s/base/trainingjobs.yaml</c>, made from the table of the job file's keys.</summary>
public static class TrainingJobDefinition
{
    /// <summary>The file.</summary>
    public static string Yaml() =>
        $"""
        # Generated from the tables in src/DistTrain.Recipes/Keys; to renew it:
        # DISTTRAIN_WRITE_DOCS=1 dotnet test tests/DistTrain.Operator.Tests
        {KubernetesYaml.Serialize(Object()).ReplaceLineEndings("\n").TrimEnd()}

        """;

    /// <summary>The definition.</summary>
    public static V1CustomResourceDefinition Object() => new()
    {
        ApiVersion = "apiextensions.k8s.io/v1",
        Kind = "CustomResourceDefinition",
        Metadata = new V1ObjectMeta { Name = $"{ResourceNames.Plural}.{ResourceNames.Group}" },
        Spec = new V1CustomResourceDefinitionSpec
        {
            Group = ResourceNames.Group,
            Scope = "Namespaced",
            Names = new V1CustomResourceDefinitionNames
            {
                Kind = JobSchema.Kind,
                ListKind = $"{JobSchema.Kind}List",
                Plural = ResourceNames.Plural,
                Singular = ResourceNames.Singular,
                ShortNames = [ResourceNames.Short],
            },
            Versions =
            [
                new V1CustomResourceDefinitionVersion
                {
                    Name = ResourceNames.Version,
                    Served = true,
                    Storage = true,
                    Schema = new V1CustomResourceValidation { OpenAPIV3Schema = Schema() },
                    Subresources = new V1CustomResourceSubresources { Status = new object() },
                    AdditionalPrinterColumns =
                    [
                        Column("State", "string", ".status.state"),
                        Column("Progress", "string", ".status.display.progress"),
                        Column("Loss", "string", ".status.display.loss"),
                        Column("Accuracy", "string", ".status.display.accuracy"),
                        Column("Age", "date", ".metadata.creationTimestamp"),
                        Column("Reason", "string", $".status.conditions[?(@.type==\"{ConditionTypes.Progressing}\")].reason", priority: 1),
                        Column("Job", "string", ".status.jobId", priority: 1),
                        Column("Weights", "string", ".status.weightsSha256", priority: 1),
                    ],
                },
            ],
        },
    };

    private static V1JSONSchemaProps Schema() => new()
    {
        Type = "object",
        Description = "A training job: the job file as an object.",
        Properties = new Dictionary<string, V1JSONSchemaProps>
        {
            ["metadata"] = new()
            {
                Type = "object",
                Properties = new Dictionary<string, V1JSONSchemaProps> { ["name"] = SchemaMapping.Of(JobSchema.Name with { Description = null }) },
            },
            ["spec"] = Spec(),
            ["status"] = StatusSchema.Object(),
        },
    };

    private static V1JSONSchemaProps Spec()
    {
        var spec = SchemaMapping.Of(JobSchema.Spec);
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
        return spec;
    }

    private static V1CustomResourceColumnDefinition Column(string name, string type, string path, int? priority = null) =>
        new() { Name = name, Type = type, JsonPath = path, Priority = priority };
}
