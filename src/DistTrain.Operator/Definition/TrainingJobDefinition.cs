using DistTrain.Operator.Resources;
using DistTrain.Recipes;
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
                        Column("Step", "integer", ".status.step"),
                        Column("Of", "integer", ".status.totalSteps"),
                        Column("Loss", "number", ".status.loss"),
                        Column("Accuracy", "number", ".status.accuracy"),
                        Column("Age", "date", ".metadata.creationTimestamp"),
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
            ["spec"] = SchemaMapping.Of(JobSchema.Spec),
            ["status"] = StatusSchema.Object(),
        },
    };

    private static V1CustomResourceColumnDefinition Column(string name, string type, string path, int? priority = null) =>
        new() { Name = name, Type = type, JsonPath = path, Priority = priority };
}
