using System.Numerics;
using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Parameters;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;
using static TorchSharp.torch;

namespace DistTrain.Torch.Landscape;

/// <summary>
/// One rank's copy of the model for looking at the loss around a version: loss, gradient, and products of its Hessian H with a direction v, by
/// differentiating the gradient once more (Pearlmutter 1994):
/// <code>
/// g = ∂L/∂θ        Hv = ∂(g·v)/∂θ        L = Σ cross entropy / divisor
/// </code>
/// Vectors are the layout's; sums over micro-batches are added in place, those over ranks by whoever holds them. Penalties on weights are not in L.
/// Where a ReLU or a maximum has its kink, H is that of the side that libtorch takes. Used by one thread.
/// </summary>
/// <typeparam name="T">float or double: every number from the inputs to the product.</typeparam>
public sealed class CurvatureReplica<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ModelBlueprint _model;
    private readonly CurvatureMode _mode;
    private readonly Tensor _flat;
    private readonly Tensor _direction;
    private readonly Tensor _sum;
    private readonly Tensor[] _parameters;
    private readonly Tensor[] _leaves;
    private readonly Tensor[] _directions;
    private readonly CurvatureBatch<T> _batch;

    /// <param name="model">What the replica is a copy of.</param>
    /// <param name="capacity">Largest number of examples in one pass.</param>
    /// <param name="mode">Evaluation mode, or that of training.</param>
    /// <exception cref="ModelException">The mode is training, and a norm's statistics are shared by ranks or change from step to step.</exception>
    public CurvatureReplica(ModelBlueprint model, int capacity, CurvatureMode mode = CurvatureMode.Evaluation)
    {
        if (mode == CurvatureMode.Training && model.WhyNoSecondDerivative is { } reason)
            throw new ModelException(reason);
        (_model, _mode) = (model, mode);
        var type = typeof(T) == typeof(double) ? float64 : typeof(T) == typeof(float) ? float32 : throw new NotSupportedException($"no replica of {typeof(T).Name}");
        using var scope = NewDisposeScope();
        _flat = zeros(model.Layout.Length, dtype: type).MoveToOuterDisposeScope();
        _direction = zeros(model.Layout.TrainableLength, dtype: type).MoveToOuterDisposeScope();
        _sum = zeros(model.Layout.TrainableLength, dtype: type).MoveToOuterDisposeScope();
        _parameters = [.. model.Layout.Segments.Select(segment => Of(_flat, segment).requires_grad_(!segment.IsBuffer))];
        _leaves = [.. _parameters.Zip(model.Layout.Segments).Where(pair => !pair.Second.IsBuffer).Select(pair => pair.First)];
        _directions = [.. model.Layout.Segments.Where(segment => !segment.IsBuffer).Select(segment => Of(_direction, segment))];
        foreach (var (leaf, segment) in _leaves.Zip(model.Layout.Segments))
            leaf.grad = Of(_sum, segment);
        _batch = new CurvatureBatch<T>(model, capacity, type);
        Parameters = new TensorMemory<T>(_flat).Memory;
        Direction = new TensorMemory<T>(_direction).Memory;
        Sum = new TensorMemory<T>(_sum).Memory;
    }

    /// <summary>The version, [Layout.Length].</summary>
    public Memory<T> Parameters { get; }

    /// <summary>v, [Layout.TrainableLength]; 0 in the padding.</summary>
    public Memory<T> Direction { get; }

    /// <summary>What gradients or products have added up to, [Layout.TrainableLength]: clear it first.</summary>
    public Memory<T> Sum { get; }

    public ParameterLayout Layout => _model.Layout;

    /// <summary>Adds the examples' gradient to <see cref="Sum"/>.</summary>
    /// <param name="data">Where the examples are.</param>
    /// <param name="examples">Their indices, at most the replica's capacity.</param>
    /// <param name="divisor">The examples of all ranks.</param>
    /// <param name="key">Where the micro-batch stands; in evaluation mode nothing depends on it.</param>
    public BatchResult AddGradient(ExampleSet data, ReadOnlySpan<int> examples, int divisor, MicroBatchKey? key = null) =>
        Add(data, examples, divisor, key, loss => loss.backward());

    /// <summary>Adds the examples' part of H·<see cref="Direction"/> to <see cref="Sum"/>.</summary>
    /// <inheritdoc cref="AddGradient"/>
    public BatchResult AddProduct(ExampleSet data, ReadOnlySpan<int> examples, int divisor, MicroBatchKey? key = null) =>
        Add(data, examples, divisor, key, AddSecondDerivative);

    /// <summary>The examples' loss alone.</summary>
    /// <inheritdoc cref="AddGradient"/>
    public BatchResult Measure(ExampleSet data, ReadOnlySpan<int> examples, MicroBatchKey? key = null)
    {
        using var noGradient = no_grad();
        return Add(data, examples, divisor: 1, key, _ => { });
    }

    public void Dispose()
    {
        foreach (var tensor in _parameters.Concat(_directions))
            tensor.Dispose();
        _batch.Dispose();
        _flat.Dispose();
        _direction.Dispose();
        _sum.Dispose();
    }

    /// <summary>The examples that lie in the batch's memory already.</summary>
    internal BatchResult AddLoaded(int examples, int divisor, MicroBatchKey? key, bool isProduct) =>
        AddLoaded(examples, divisor, key, isProduct ? AddSecondDerivative : loss => loss.backward());

    /// <summary>Where the examples of a pass lie.</summary>
    internal CurvatureBatch<T> Batch => _batch;

    private static Tensor Of(Tensor flat, Segment segment) =>
        flat.narrow(0, segment.Offset, segment.Length).view([.. segment.Shape.Select(s => (long)s)]).detach().MoveToOuterDisposeScope();

    private BatchResult Add(ExampleSet data, ReadOnlySpan<int> examples, int divisor, MicroBatchKey? key, Action<Tensor> differentiate)
    {
        if (examples.IsEmpty)
            return default;
        _batch.Load(data, examples);
        return AddLoaded(examples.Length, divisor, key, differentiate);
    }

    private BatchResult AddLoaded(int examples, int divisor, MicroBatchKey? key, Action<Tensor> differentiate)
    {
        using var scope = NewDisposeScope();
        var (scores, labels) = (_batch.Inputs(examples), _batch.Labels(examples));
        var pass = new ForwardPass { Parameters = _parameters, Training = _mode == CurvatureMode.Training, Key = key, Renorm = RenormLimits.None };
        foreach (var layer in _model.Layers)
            scores = layer.Forward(scores, pass);
        var loss = nn.functional.cross_entropy(scores, labels, reduction: nn.Reduction.Sum);
        differentiate(loss.Over(divisor));
        return new BatchResult(examples, loss.to(float64).item<double>(), (int)scores.argmax(1).eq(labels).sum().item<long>());
    }

    /// <summary>
    /// An error inside <c>autograd.grad</c> ends the process, so what it could complain of is not asked of it: the loss is one number that depends on a
    /// parameter (or there is nothing to do), the graph is kept, and a parameter without a part in it is allowed. <c>backward</c> throws as others do.
    /// </summary>
    private void AddSecondDerivative(Tensor loss)
    {
        if (!loss.requires_grad || loss.numel() != 1)
            return;
        var gradient = autograd.grad([loss], _leaves, retain_graph: true, create_graph: true, allow_unused: true);
        // A gradient that depends on no parameter is a row of zeros in H.
        var curved = Enumerable.Range(0, _leaves.Length).Where(i => !gradient[i].IsInvalid && gradient[i].requires_grad).ToList();
        if (curved.Count > 0)
            autograd.backward([.. curved.Select(i => gradient[i])], [.. curved.Select(i => _directions[i])]);
    }
}
