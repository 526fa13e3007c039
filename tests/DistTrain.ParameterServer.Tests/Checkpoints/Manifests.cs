using DistTrain.Optimization.Order;
using DistTrain.ParameterServer.Checkpoints;

namespace DistTrain.ParameterServer.Tests.Checkpoints;

/// <summary>A manifest with every field set.</summary>
internal static class Manifests
{
    public static CheckpointManifest Any { get; } = new(
        CheckpointManifest.CurrentFormat,
        JobId: "tiny",
        Generation: 3,
        Step: 42,
        new Position(Phase: 1, Epoch: 2, Cursor: 3, Examples: 4_000_000_000, Group: 5),
        OpenStep: "{}",
        JobFile: "kind: TrainingJob\n",
        Layout: "{\"segments\":[]}",
        DataFingerprint: "abc",
        [new ManifestPart("server-0.bin", Server: 0, FirstElement: 0, Elements: 64, Slots: 2, Bytes: 768, Sha256: "00ff")]);
}
