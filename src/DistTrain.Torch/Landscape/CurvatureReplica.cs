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
/// One rank's copy of the model for looking at the loss around a version: loss, gradient, and products of its Hessian H with a direction v. The loss's
/// slope along v goes forward with it, and is differentiated like any function (Pearlmutter 1994):
/// <code>
/// g = ∂L/∂θ        Hv = ∂/∂θ dL(θ + r v)/dr at r = 0        L = Σ loss / divisor
/// </code>
/// For each of the three multiplications of a layer's gradient (forward, to its input, to its weight) that is at most eight: the two factors forward
/// and backward. To differentiate the gradient itself takes nine, and needs a second derivative of each operation, of which libtorch has slow ones.
/// Vectors are the layout's; sums over micro-batches are added in place, those over ranks by whoever holds them. Penalties on weights are not in L.
/// Where a ReLU or a maximum has its kink, H is that of the side that libtorch takes. Used by one thread.
/// </summary>
/// <typeparam name="T">float or double: every number from the inputs to the product.</typeparam>
public sealed class CurvatureReplica<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ModelBlueprint _model;
    private readonly CurvatureMode _mode;
    private readonly TensorDevice _device;
    private readonly Staged<T> _flat;
    private readonly Staged<T> _direction;
    private readonly Staged<T> _sum;
    private readonly Tensor[] _parameters;
    private readonly Tensor[] _directions;
    private readonly CurvatureBatch<T> _batch;
    private RenormLimits _renorm = RenormLimits.None;

    /// <summary>What is computed of the examples; gives their scores.</summary>
    private delegate Tensor Pass(Tensor inputs, Tensor labels, ForwardPass pass, Divisor divisor);

    /// <param name="model">What the replica is a copy of.</param>
    /// <param name="capacity">Largest number of examples in one pass.</param>
    /// <param name="mode">Which function of the weights.</param>
    /// <param name="device">Where its tensors live; null: <see cref="TensorDevice.Default"/>.</param>
    /// <exception cref="ModelException">The mode is training, and a norm's statistics are shared by ranks or change from step to step.</exception>
    public CurvatureReplica(ModelBlueprint model, int capacity, CurvatureMode mode = CurvatureMode.Evaluation, TensorDevice? device = null)
    {
        if (mode == CurvatureMode.Training && model.WhyNoSecondDerivative is { } reason)
            throw new ModelException(reason);
        (_model, _mode) = (model, mode);
        var type = typeof(T) == typeof(double) ? float64 : typeof(T) == typeof(float) ? float32 : throw new NotSupportedException($"no replica of {typeof(T).Name}");
        _device = device ??= TensorDevice.Default;
        using var scope = NewDisposeScope();
        _flat = device.Stage<T>([model.Layout.Length], type);
        _direction = device.Stage<T>([model.Layout.TrainableLength], type);
        _sum = device.Stage<T>([model.Layout.TrainableLength], type);
        _parameters = [.. model.Layout.Segments.Select(segment => Of(_flat, segment).requires_grad_(!segment.IsBuffer))];
        // Trainable segments come first, so a segment's direction has its index.
        var trainable = model.Layout.Segments.Where(segment => !segment.IsBuffer).ToList();
        _directions = [.. trainable.Select(segment => Of(_direction, segment))];
        foreach (var (leaf, segment) in _parameters.Zip(trainable))
            leaf.grad = Of(_sum, segment);
        _batch = new CurvatureBatch<T>(device, model, capacity, type);
    }

    /// <summary>The version, [Layout.Length].</summary>
    public Memory<T> Parameters => _flat.Memory;

    /// <summary>v, [Layout.TrainableLength]; 0 in the padding.</summary>
    public Memory<T> Direction => _direction.Memory;

    /// <summary>What gradients or products have added up to, [Layout.TrainableLength]; whole once it is ended.</summary>
    public Memory<T> Sum => _sum.Memory;

    public ParameterLayout Layout => _model.Layout;

    /// <summary>Takes the version and the direction as they are in memory, and forgets the sum before.</summary>
    public void BeginSum()
    {
        _flat.Send(Layout.Length);
        _direction.Send(Layout.TrainableLength);
        _flat.Wait();
        _direction.Wait();
        _sum.Clear();
    }

    /// <summary>What has been added is in <see cref="Sum"/>.</summary>
    public void EndSum()
    {
        _sum.Fetch(0, Layout.TrainableLength);
        _sum.Wait();
    }

    /// <summary>Adds the examples' gradient to <see cref="Sum"/>.</summary>
    /// <param name="data">Where the examples are.</param>
    /// <param name="examples">Their indices, at most the replica's capacity.</param>
    /// <param name="divisor">Of all ranks' examples.</param>
    /// <param name="key">Where the micro-batch stands; in evaluation mode nothing depends on it.</param>
    public BatchResult AddGradient(ExampleSet data, ReadOnlySpan<int> examples, Divisor divisor, MicroBatchKey? key = null) =>
        Add(data, examples, divisor, key, Differentiate);

    /// <summary>Adds the examples' part of H·<see cref="Direction"/> to <see cref="Sum"/>.</summary>
    /// <inheritdoc cref="AddGradient"/>
    /// <exception cref="InvalidOperationException">The mode is for gradients alone.</exception>
    public BatchResult AddProduct(ExampleSet data, ReadOnlySpan<int> examples, Divisor divisor, MicroBatchKey? key = null) =>
        _mode == CurvatureMode.Step ? throw new InvalidOperationException("a step's function has gradients alone here") : Add(data, examples, divisor, key, DifferentiateSlope);

    /// <summary>The examples' loss alone.</summary>
    /// <inheritdoc cref="AddGradient"/>
    public BatchResult Measure(ExampleSet data, ReadOnlySpan<int> examples, Divisor divisor, MicroBatchKey? key = null)
    {
        using var noGradient = no_grad();
        return Add(data, examples, divisor, key, (inputs, _, pass, _) => _model.Layers.Forward(inputs, pass));
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
    internal BatchResult AddLoaded(int examples, Divisor divisor, MicroBatchKey? key, bool isProduct) =>
        AddLoaded(examples, divisor, key, isProduct ? DifferentiateSlope : Differentiate);

    /// <summary>Where the examples of a pass lie.</summary>
    internal CurvatureBatch<T> Batch => _batch;

    private static Tensor Of(Staged<T> flat, Segment segment) =>
        flat.Tensor.narrow(0, segment.Offset, segment.Length).view([.. segment.Shape.Select(s => (long)s)]).detach().MoveToOuterDisposeScope();

    private BatchResult Add(ExampleSet data, ReadOnlySpan<int> examples, Divisor divisor, MicroBatchKey? key, Pass compute)
    {
        if (examples.IsEmpty)
            return default;
        _batch.Load(data, examples);
        if (_mode == CurvatureMode.Step)
            _renorm = _model.RenormAt(key!.Position, data.Count);
        return AddLoaded(examples.Length, divisor, key, compute);
    }

    private BatchResult AddLoaded(int examples, Divisor divisor, MicroBatchKey? key, Pass compute)
    {
        using var turn = _device.Take();
        using var scope = NewDisposeScope();
        var (inputs, labels) = _batch.Tensors(examples);
        using var pass = new ForwardPass
        {
            Parameters = _parameters,
            Direction = _directions,
            Training = _mode != CurvatureMode.Evaluation,
            Padding = _batch.Padding,
            Key = key,
            Renorm = _renorm,
        };
        var scores = compute(inputs, labels, pass, divisor).detach();
        return BatchResult.Of(examples, _model.Loss.Of(scores, labels, divisor).to(float64).item<double>(), _model.Loss.Told(scores, labels, divisor));
    }

    private Tensor Differentiate(Tensor inputs, Tensor labels, ForwardPass pass, Divisor divisor)
    {
        var scores = _model.Layers.Forward(inputs, pass);
        _model.Loss.Of(scores, labels, divisor).Over(divisor.Examples).backward();
        return scores;
    }

    private Tensor DifferentiateSlope(Tensor inputs, Tensor labels, ForwardPass pass, Divisor divisor)
    {
        var scores = _model.Layers.Forward(new Dual(inputs, null), pass);
        _model.Loss.Slope(scores, labels, divisor).Over(divisor.Examples).backward();
        return scores.Value;
    }
}
