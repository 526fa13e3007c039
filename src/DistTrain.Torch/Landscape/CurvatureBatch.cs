using System.Numerics;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Models;
using static TorchSharp.torch;

namespace DistTrain.Torch.Landscape;

/// <summary>The examples of one pass as tensors of the replica's type.</summary>
internal sealed class CurvatureBatch<T> : IDisposable
    where T : unmanaged, INumberBase<T>
{
    private readonly Tensor _inputs;
    private readonly Tensor _labels;
    private readonly float[] _features;

    /// <param name="model">Its inputs' shape.</param>
    /// <param name="capacity">Most examples.</param>
    /// <param name="type">libtorch's name of <typeparamref name="T"/>.</param>
    public CurvatureBatch(ModelBlueprint model, int capacity, ScalarType type)
    {
        _features = new float[model.InputShape.Aggregate(1, (product, side) => product * side)];
        _inputs = zeros([capacity, .. model.InputShape.Select(s => (long)s)], dtype: type).DetachFromDisposeScope();
        _labels = zeros(capacity, dtype: int64).DetachFromDisposeScope();
        InputMemory = new TensorMemory<T>(_inputs).Memory;
        LabelMemory = new TensorMemory<long>(_labels).Memory;
    }

    /// <summary>[capacity, features], row-major.</summary>
    public Memory<T> InputMemory { get; }

    /// <summary>[capacity]</summary>
    public Memory<long> LabelMemory { get; }

    public void Load(ExampleSet data, ReadOnlySpan<int> examples)
    {
        var inputs = InputMemory.Span;
        for (var i = 0; i < examples.Length; i++)
        {
            data.CopyFeatures(examples[i], _features);
            for (var k = 0; k < _features.Length; k++)
                inputs[(i * _features.Length) + k] = T.CreateChecked(_features[k]);
            LabelMemory.Span[i] = data.Label(examples[i]);
        }
    }

    public Tensor Inputs(int count) => _inputs.narrow(0, 0, count);

    public Tensor Labels(int count) => _labels.narrow(0, 0, count);

    public void Dispose()
    {
        _inputs.Dispose();
        _labels.Dispose();
    }
}
