using System.Numerics;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Models;
using static TorchSharp.torch;

namespace DistTrain.Torch.Replicas;

/// <summary>The labels of one pass where they are computed with: classes and tokens as int64, numbers that are to be told as the scores are.</summary>
/// <typeparam name="T">float or double: what scores are.</typeparam>
internal sealed class StagedLabels<T> : IDisposable
    where T : unmanaged, INumberBase<T>
{
    private readonly Staged<long>? _classes;
    private readonly Staged<T>? _numbers;

    /// <param name="device">Where they are to be.</param>
    /// <param name="model">How many labels an example has, and what they are.</param>
    /// <param name="capacity">Most examples.</param>
    /// <param name="type">libtorch's name of <typeparamref name="T"/>.</param>
    public StagedLabels(TensorDevice device, ModelBlueprint model, int capacity, ScalarType type)
    {
        if (model.TellsNumbers)
            _numbers = device.Stage<T>(model.LabelShape(capacity), type);
        else
            _classes = device.Stage<long>(model.LabelShape(capacity), int64);
    }

    /// <summary>[capacity] or [capacity, targets].</summary>
    public Tensor Tensor => _numbers?.Tensor ?? _classes!.Tensor;

    /// <summary>Classes or tokens, row-major; empty where numbers are to be told.</summary>
    public Memory<long> Classes => _classes?.Memory ?? default;

    /// <summary>An example's labels come to the memory.</summary>
    /// <param name="data">Where it is.</param>
    /// <param name="example">Its number there.</param>
    /// <param name="row">Its place in the pass.</param>
    /// <param name="targets">Labels of a row.</param>
    public void Load(ExampleSet data, int example, int row, int targets)
    {
        if (_numbers is not null)
            _numbers.Memory.Span[row] = T.CreateChecked(data.Number(example));
        else
            data.CopyLabels(example, _classes!.Memory.Span.Slice(row * targets, targets));
    }

    /// <summary>Begins: the device gets the first ones as they are here.</summary>
    public void Send(int labels)
    {
        _numbers?.Send(labels);
        _classes?.Send(labels);
    }

    /// <summary>All copies that were begun have ended.</summary>
    public void Wait()
    {
        _numbers?.Wait();
        _classes?.Wait();
    }

    public void Dispose()
    {
        _numbers?.Dispose();
        _classes?.Dispose();
    }
}
