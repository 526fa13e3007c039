using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Replicas;

/// <summary>
/// The examples of one pass where the replica computes. What is there already is not copied again. Examples of different lengths are padded to the longest
/// of them, so that what may be longer changes no bit.
/// </summary>
internal sealed class Minibatch : IDisposable
{
    private readonly Staged<float> _inputs;
    private readonly StagedLabels<float> _labels;
    private readonly int[] _examples;
    private readonly int _features;
    private readonly int _targets;
    private ExampleSet? _from;
    private int _count;
    private int _longest;

    /// <param name="device">Where they are to be.</param>
    /// <param name="model">Its inputs' shape, and how many labels an example has.</param>
    /// <param name="capacity">Most examples.</param>
    public Minibatch(TensorDevice device, ModelBlueprint model, int capacity)
    {
        _features = model.InputShape.Aggregate(1, (product, side) => product * side);
        _inputs = device.Stage<float>([capacity, .. model.InputShape.Select(s => (long)s)], float32);
        _targets = model.Targets;
        _labels = new StagedLabels<float>(device, model, capacity, float32);
        _examples = new int[capacity];
    }

    /// <summary>Most examples.</summary>
    public int Capacity => _examples.Length;

    /// <summary>Where examples have ended; null: all are equally long.</summary>
    public Padding? Padding { get; private set; }

    /// <summary>Begins to bring them there.</summary>
    public void Load(ExampleSet data, ReadOnlySpan<int> examples)
    {
        if (_from == data && examples.SequenceEqual(_examples.AsSpan(0, _count)))
            return;
        // Until all of them are there, none is.
        _from = null;
        _inputs.Wait();
        _labels.Wait();
        (_longest, Padding) = Padding.Of(data, examples);
        var targets = data.HasTokens ? _longest : _targets;
        var inputs = _inputs.Memory.Span;
        for (var i = 0; i < examples.Length; i++)
        {
            data.CopyFeatures(examples[i], inputs.Slice(i * _longest, _longest));
            _labels.Load(data, examples[i], i, targets);
        }

        _inputs.Send(examples.Length * _longest);
        _labels.Send(examples.Length * targets);
        examples.CopyTo(_examples);
        (_from, _count) = (data, examples.Length);
    }

    /// <summary>Inputs [count, …] and labels, [count] or [count, targets], of what was loaded last; of sequences [count, t], t being the longest's.</summary>
    public (Tensor Inputs, Tensor Labels) Tensors()
    {
        _inputs.Wait();
        _labels.Wait();
        return _longest == _features
            ? (_inputs.Tensor.narrow(0, 0, _count), _labels.Tensor.narrow(0, 0, _count))
            : (Sequences(_inputs.Tensor), Sequences(_labels.Tensor));
    }

    private Tensor Sequences(Tensor memory) => memory.flatten().narrow(0, 0, _count * _longest).view(_count, _longest);

    public void Dispose()
    {
        _inputs.Dispose();
        _labels.Dispose();
    }
}
