using System.Numerics;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;
using static TorchSharp.torch;

namespace DistTrain.Torch.Landscape;

/// <summary>The examples of one pass as tensors of the replica's type.</summary>
internal sealed class CurvatureBatch<T> : IDisposable
    where T : unmanaged, INumberBase<T>
{
    private readonly Staged<T> _inputs;
    private readonly StagedLabels<T> _labels;
    private readonly float[] _features;
    private readonly int _targets;
    private int _longest;

    /// <param name="device">Where they are to be.</param>
    /// <param name="model">Its inputs' shape, and how many labels an example has.</param>
    /// <param name="capacity">Most examples.</param>
    /// <param name="type">libtorch's name of <typeparamref name="T"/>.</param>
    public CurvatureBatch(TensorDevice device, ModelBlueprint model, int capacity, ScalarType type)
    {
        _features = new float[model.InputShape.Aggregate(1, (product, side) => product * side)];
        _inputs = device.Stage<T>([capacity, .. model.InputShape.Select(s => (long)s)], type);
        (_targets, _longest) = (model.Targets, _features.Length);
        _labels = new StagedLabels<T>(device, model, capacity, type);
    }

    /// <summary>[capacity, features], row-major.</summary>
    public Memory<T> InputMemory => _inputs.Memory;

    /// <summary>[capacity, targets], row-major.</summary>
    public Memory<long> LabelMemory => _labels.Classes;

    /// <summary>Where examples have ended; null: all are equally long.</summary>
    public Padding? Padding { get; private set; }

    public void Load(ExampleSet data, ReadOnlySpan<int> examples)
    {
        (_longest, Padding) = Padding.Of(data, examples);
        var targets = data.HasTokens ? _longest : _targets;
        var inputs = InputMemory.Span;
        for (var i = 0; i < examples.Length; i++)
        {
            data.CopyFeatures(examples[i], _features.AsSpan(0, _longest));
            for (var k = 0; k < _longest; k++)
                inputs[(i * _longest) + k] = T.CreateChecked(_features[k]);
            _labels.Load(data, examples[i], i, targets);
        }
    }

    /// <summary>The first of what lies in the memory, where it is computed: inputs [count, …] and labels, [count] or [count, targets]; of sequences [count, t], t being the
    /// longest's.</summary>
    public (Tensor Inputs, Tensor Labels) Tensors(int count)
    {
        var isWhole = _longest == _features.Length;
        _inputs.Send(count * _longest);
        _labels.Send(count * (isWhole ? _targets : _longest));
        _inputs.Wait();
        _labels.Wait();
        return isWhole
            ? (_inputs.Tensor.narrow(0, 0, count), _labels.Tensor.narrow(0, 0, count))
            : (Sequences(_inputs.Tensor, count), Sequences(_labels.Tensor, count));
    }

    private Tensor Sequences(Tensor memory, int count) => memory.flatten().narrow(0, 0, count * _longest).view(count, _longest);

    public void Dispose()
    {
        _inputs.Dispose();
        _labels.Dispose();
    }
}
