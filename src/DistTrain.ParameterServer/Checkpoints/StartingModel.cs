using DistTrain.Optimization.Parameters;

namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>A model file, of this program or another: tensors by their names.</summary>
/// <param name="path">The file.</param>
/// <param name="names">Which of them have other names there.</param>
internal sealed class StartingModel(string path, IReadOnlyList<ForeignName> names) : StartSource(path)
{
    private readonly SafeTensorsReader _file = SafeTensorsReader.Open(path, names);

    public override SavedCourse? Saved => null;

    public override IReadOnlyList<string> Differences(ParameterLayout layout) => TensorDifferences.Between(layout, _file.Tensors);

    public override float[] Read(ParameterLayout layout, int vector)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(vector, 0);
        var weights = new float[layout.Length];
        _file.Fill(layout, weights);
        return weights;
    }

    public override void Dispose() => _file.Dispose();
}
