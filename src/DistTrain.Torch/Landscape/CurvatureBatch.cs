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
    private readonly int _targets;

    /// <param name="device">Where they are to be.</param>
    /// <param name="model">Its inputs' shape, and how many labels an example has.</param>
    /// <param name="capacity">Most examples.</param>
    /// <param name="type">libtorch's name of <typeparamref name="T"/>.</param>
    public CurvatureBatch(TensorDevice device, ModelBlueprint model, int capacity, ScalarType type)
    {
        _features = new float[model.InputShape.Aggregate(1, (product, side) => product * side)];
        _inputs = device.Stage<T>([capacity, .. model.InputShape.Select(s => (long)s)], type);
        _targets = model.Targets;
        _labels = device.Stage<long>(model.LabelShape(capacity), int64);
    }

    /// <summary>[capacity, features], row-major.</summary>
    public Memory<T> InputMemory => _inputs.Memory;

    /// <summary>[capacity, targets], row-major.</summary>
    public Memory<long> LabelMemory => _labels.Memory;

    public void Load(ExampleSet data, ReadOnlySpan<int> examples)
    {
        var inputs = InputMemory.Span;
        for (var i = 0; i < examples.Length; i++)
        {
            data.CopyFeatures(examples[i], _features);
            for (var k = 0; k < _features.Length; k++)
                inputs[(i * _features.Length) + k] = T.CreateChecked(_features[k]);
            data.CopyLabels(examples[i], LabelMemory.Span.Slice(i * _targets, _targets));
        }
    }

    /// <summary>The first of what lies in the memory, where it is computed: inputs [count, …] and labels, [count] or [count, targets].</summary>
    public (Tensor Inputs, Tensor Labels) Tensors(int count)
    {
        _inputs.Send(count * _features.Length);
        _labels.Send(count * _targets);
        return (_inputs.Tensor.narrow(0, 0, count), _labels.Tensor.narrow(0, 0, count));
    }

    public void Dispose()
    {
        _inputs.Dispose();
        _labels.Dispose();
    }
}
