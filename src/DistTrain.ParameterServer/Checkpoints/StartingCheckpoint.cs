using System.Text.Json;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes.Files;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>A checkpoint of another job, or of the same one at another time.</summary>
internal sealed class StartingCheckpoint : StartSource
{
    private readonly CheckpointManifest _manifest;
    private readonly ParameterLayout _layout;

    /// <exception cref="CheckpointException">It can't be used.</exception>
    public StartingCheckpoint(string folder)
        : base(folder)
    {
        _manifest = CheckpointReader.ManifestIn(folder);
        var file = System.IO.Path.Combine(folder, CheckpointManifest.FileName);
        try
        {
            _layout = LayoutJson.Read(_manifest.Layout);
            Saved = new SavedCourse(
                JobFile.Read(_manifest.JobFile, file, []).Job ?? throw new CheckpointException($"{file}: its job file can't be read"),
                OpenStepJson.Read(_manifest.OpenStep, $"{file}: openStep"),
                _manifest.OpenStep,
                _manifest.DataFingerprint,
                _manifest.Parts.Where(part => part.Elements > 0).Min(part => part.Slots));
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new CheckpointException($"{file}: {e.Message}", e);
        }
    }

    public override SavedCourse Saved { get; }

    public override IReadOnlyList<string> Differences(ParameterLayout layout) => TensorDifferences.Between(layout, _layout);

    public override float[] Read(ParameterLayout layout, int vector)
    {
        var saved = CheckpointReader.ReadVector(Path, _manifest, vector);
        if (layout.Hash == _layout.Hash)
            return saved;
        var read = new float[layout.Length];
        var places = _layout.Segments.ToDictionary(segment => segment.Name);
        foreach (var segment in layout.Segments)
            saved.AsSpan(places[segment.Name].Offset, segment.Length).CopyTo(read.AsSpan(segment.Offset));
        return read;
    }

    public override void Dispose()
    {
    }
}
