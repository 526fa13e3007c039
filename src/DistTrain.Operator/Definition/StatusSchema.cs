using DistTrain.Operator.Resources;
using k8s.Models;

namespace DistTrain.Operator.Definition;

/// <summary>The schema of a kind's <see cref="ResourceStatus"/>.</summary>
internal static class StatusSchema
{
    public static V1JSONSchemaProps Of(ResourceKind kind)
    {
        var status = new Dictionary<string, V1JSONSchemaProps>
        {
            ["observedGeneration"] = Whole("generation of the spec that the status is about"),
            ["state"] = Text("the state in one word") with { EnumProperty = [.. ResourceStates.All] },
            ["jobId"] = Text("id of the job on the cluster"),
            ["specSha256"] = Text("SHA-256 of the job file that was submitted, in canonical form"),
            ["step"] = Whole("committed steps"),
            ["totalSteps"] = Whole("steps of the whole job"),
        };
        foreach (var figure in kind.Figures)
            status.Add(figure.Name, figure.IsText ? Text(figure.Description) : Number(figure.Description));
        status.Add("display", Display(kind));
        status.Add("startTime", Time("when the job was first seen running"));
        status.Add("completionTime", Time("when its end was seen"));
        status.Add("conditions", new()
        {
            Type = "array",
            XKubernetesListType = "map",
            XKubernetesListMapKeys = ["type"],
            Items = Condition(),
        });
        return new() { Type = "object", Description = "What became of the job.", Properties = status };
    }

    private static V1JSONSchemaProps Display(ResourceKind kind)
    {
        var shown = new Dictionary<string, V1JSONSchemaProps> { ["progress"] = Text("steps of all steps") };
        foreach (var figure in kind.Figures.Where(figure => figure is { IsText: false, Column: not null }))
            shown.Add(figure.Name, Text($"{figure.Name}, with the digits that people read"));
        return new() { Type = "object", Description = "the numbers as kubectl get shows them", Properties = shown };
    }

    private static V1JSONSchemaProps Condition() => new()
    {
        Type = "object",
        Required = ["type", "status", "reason", "message", "lastTransitionTime"],
        Properties = new Dictionary<string, V1JSONSchemaProps>
        {
            ["type"] = Text(null) with { MaxLength = 316 },
            ["status"] = Text(null) with { EnumProperty = [ResourceCondition.True, ResourceCondition.False, ResourceCondition.Unknown] },
            ["reason"] = Text(null) with { MinLength = 1, MaxLength = 1024 },
            ["message"] = Text(null) with { MaxLength = ResourceCondition.LongestMessage },
            ["lastTransitionTime"] = Time(null),
            ["observedGeneration"] = Whole(null),
        },
    };

    private static V1JSONSchemaProps Text(string? description) => new() { Type = "string", Description = description };

    private static V1JSONSchemaProps Number(string description) => new() { Type = "number", Description = description };

    private static V1JSONSchemaProps Whole(string? description) => new() { Type = "integer", Format = "int64", Description = description };

    private static V1JSONSchemaProps Time(string? description) => new() { Type = "string", Format = "date-time", Description = description };
}
