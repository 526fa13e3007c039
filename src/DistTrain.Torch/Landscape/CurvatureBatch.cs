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
    private readonly Staged<T> _inputs;
    private readonly Staged<long> _labels;
    private readonly float[] _features;

    /// <param name="device">Where they are to be.</param>
    /// <param name="model">Its inputs' shape.</param>
    /// <param name="capacity">Most examples.</param>
    /// <param name="type">libtorch's name of <typeparamref name="T"/>.</param>
    public CurvatureBatch(TensorDevice device, ModelBlueprint model, int capacity, ScalarType type)
    {
        _features = new float[model.InputShape.Aggregate(1, (product, side) => product * side)];
        _inputs = device.Stage<T>([capacity, .. model.InputShape.Select(s => (long)s)], type);
        _labels = device.Stage<long>([capacity], int64);
    }

    /// <summary>[capacity, features], row-major.</summary>
    public Memory<T> InputMemory => _inputs.Memory;

    /// <summary>[capacity]</summary>
    public Memory<long> LabelMemory => _labels.Memory;

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

    /// <summary>The first of what lies in the memory, where it is computed: inputs [count, …] and labels [count].</summary>
    public (Tensor Inputs, Tensor Labels) Tensors(int count)
    {
        _inputs.Send(count * _features.Length);
        _labels.Send(count);
        return (_inputs.Tensor.narrow(0, 0, count), _labels.Tensor.narrow(0, 0, count));
    }

    public void Dispose()
    {
        _inputs.Dispose();
        _labels.Dispose();
    }
}
