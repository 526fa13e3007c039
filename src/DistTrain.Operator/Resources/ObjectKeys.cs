using System.Text.Json;

namespace DistTrain.Operator.Resources;

/// <summary>Keys of an object's spec that are no keys of a job file: what becomes of the object, not what the job computes.</summary>
/// <param name="Suspend">The job is not to run now.</param>
/// <param name="TimeToLive">How long the object stays once its job has ended; null: until somebody deletes it.</param>
internal sealed record ObjectKeys(bool Suspend, TimeSpan? TimeToLive)
{
    public const string SuspendKey = "suspend";

    public const string TimeToLiveKey = "ttlSecondsAfterFinished";

    /// <summary>Both of them.</summary>
    public static IReadOnlyList<string> All { get; } = [SuspendKey, TimeToLiveKey];

    /// <summary>Reads them; the API server has checked their types.</summary>
    public static ObjectKeys Of(TrainingJobResource resource) => new(
        Value(resource, SuspendKey)?.ValueKind is JsonValueKind.True,
        Value(resource, TimeToLiveKey) is { ValueKind: JsonValueKind.Number } seconds ? TimeSpan.FromSeconds(seconds.GetInt32()) : null);

    private static JsonElement? Value(TrainingJobResource resource, string key) =>
        resource.Spec is { ValueKind: JsonValueKind.Object } spec && spec.TryGetProperty(key, out var value) ? value : null;
}
