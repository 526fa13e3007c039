using DistTrain.Optimization.Parameters;

namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>A model file, of this program or another: tensors by their names.</summary>
/// <param name="path">The file.</param>
/// <param name="names">What it calls them.</param>
internal sealed class StartingModel(string path, ForeignNames names) : StartSource(path)
{
    private readonly SafeTensorsReader _file = SafeTensorsReader.Open(path, names);

    public override SavedCourse? Saved => null;

    public override IReadOnlyList<string> Differences(ParameterLayout layout) => _file.Differences(layout);

    public override IReadOnlyList<string> NotFinite(ParameterLayout layout) => _file.NotFinite(layout);

    public override float[] Read(ParameterLayout layout, int vector)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(vector, 0);
        var weights = new float[layout.Length];
        _file.Fill(layout, weights);
        return weights;
    }

    public override void Dispose() => _file.Dispose();
}
