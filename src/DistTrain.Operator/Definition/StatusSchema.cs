using DistTrain.Operator.Resources;
using k8s.Models;

namespace DistTrain.Operator.Definition;

/// <summary>The schema of <see cref="TrainingJobStatus"/>.</summary>
internal static class StatusSchema
{
    public static V1JSONSchemaProps Object() => new()
    {
        Type = "object",
        Description = "What became of the job.",
        Properties = new Dictionary<string, V1JSONSchemaProps>
        {
            ["observedGeneration"] = Whole("generation of the spec that the status is about"),
            ["state"] = Text("the state in one word") with { EnumProperty = [.. ResourceStates.All] },
            ["jobId"] = Text("id of the job on the cluster"),
            ["specSha256"] = Text("SHA-256 of the job file that was submitted, in canonical form"),
            ["step"] = Whole("committed steps"),
            ["totalSteps"] = Whole("steps of the whole job"),
            ["loss"] = Number("mean training loss of the last committed step; of a completed job, of its last epoch"),
            ["accuracy"] = Number("share of the test set that the newest evaluation found right"),
            ["display"] = new()
            {
                Type = "object",
                Description = "the numbers as kubectl get shows them",
                Properties = new Dictionary<string, V1JSONSchemaProps>
                {
                    ["progress"] = Text("steps of all steps"),
                    ["loss"] = Text("the loss, four digits"),
                    ["accuracy"] = Text("the accuracy in percent"),
                },
            },
            ["weightsSha256"] = Text("SHA-256 of the final parameters and buffers"),
            ["startTime"] = Time("when the job was first seen running"),
            ["completionTime"] = Time("when its end was seen"),
            ["conditions"] = new()
            {
                Type = "array",
                XKubernetesListType = "map",
                XKubernetesListMapKeys = ["type"],
                Items = Condition(),
            },
        },
    };

    private static V1JSONSchemaProps Condition() => new()
    {
        Type = "object",
        Required = ["type", "status", "reason", "message", "lastTransitionTime"],
        Properties = new Dictionary<string, V1JSONSchemaProps>
        {
            ["type"] = Text(null) with { MaxLength = 316 },
            ["status"] = Text(null) with { EnumProperty = [TrainingJobCondition.True, TrainingJobCondition.False, TrainingJobCondition.Unknown] },
            ["reason"] = Text(null) with { MinLength = 1, MaxLength = 1024 },
            ["message"] = Text(null) with { MaxLength = TrainingJobCondition.LongestMessage },
            ["lastTransitionTime"] = Time(null),
            ["observedGeneration"] = Whole(null),
        },
    };

    private static V1JSONSchemaProps Text(string? description) => new() { Type = "string", Description = description };

    private static V1JSONSchemaProps Number(string description) => new() { Type = "number", Description = description };

    private static V1JSONSchemaProps Whole(string? description) => new() { Type = "integer", Format = "int64", Description = description };

    private static V1JSONSchemaProps Time(string? description) => new() { Type = "string", Format = "date-time", Description = description };
}
