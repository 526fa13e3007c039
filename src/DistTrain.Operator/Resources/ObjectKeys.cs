using System.Text.Json;
using System.Text.Json.Nodes;

namespace DistTrain.Operator.Resources;

/// <summary>Keys of an object's spec that are no keys of a job file: what becomes of the object, and which other one it means.</summary>
/// <param name="Suspend">The job is not to run now.</param>
/// <param name="TimeToLive">How long the object stays once its job has ended; null: until somebody deletes it.</param>
/// <param name="TrainingJob">Of a probe: name of the object whose job's weights are looked at; null: the spec says it otherwise.</param>
internal sealed record ObjectKeys(bool Suspend, TimeSpan? TimeToLive, string? TrainingJob)
{
    public const string SuspendKey = "suspend";

    public const string TimeToLiveKey = "ttlSecondsAfterFinished";

    /// <summary>The section of a probe that <see cref="TrainingJobKey"/> stands in.</summary>
    public const string WeightsKey = "weights";

    public const string TrainingJobKey = "trainingJob";

    /// <summary>Beside <see cref="TrainingJobKey"/>: what it stands for.</summary>
    public const string JobKey = "job";

    /// <summary>Reads them; the API server has checked their types.</summary>
    public static ObjectKeys Of(JobResource resource) => new(
        Value(resource.Spec, SuspendKey)?.ValueKind is JsonValueKind.True,
        Value(resource.Spec, TimeToLiveKey) is { ValueKind: JsonValueKind.Number } seconds ? TimeSpan.FromSeconds(seconds.GetInt32()) : null,
        resource.Kind == ResourceKind.LandscapeProbe.Name && Value(Value(resource.Spec, WeightsKey), TrainingJobKey) is { ValueKind: JsonValueKind.String } name ? name.GetString() : null);

    /// <summary>Takes them out of a spec.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="looksAt">Id of the job that <see cref="TrainingJob"/> stands for, which takes its place.</param>
    public void TakeOut(JsonObject spec, string? looksAt)
    {
        spec.Remove(SuspendKey);
        spec.Remove(TimeToLiveKey);
        if (TrainingJob is null || spec[WeightsKey] is not JsonObject weights)
            return;
        weights.Remove(TrainingJobKey);
        if (!weights.ContainsKey(JobKey))
            weights[JobKey] = looksAt;
    }

    private static JsonElement? Value(JsonElement? section, string key) =>
        section is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(key, out var value) ? value : null;
}
