using System.Diagnostics;
using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Parameters;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Replicas;

/// <summary>
/// One rank's copy of the model. <see cref="Parameters"/> and <see cref="Gradient"/> are the layout's flat vector; the tensors that libtorch works on
/// are views of it where its device has it, so a version comes in and a gradient goes out as plain memory. Used by one thread.
/// </summary>
public sealed class Replica : IDisposable
{
    private readonly ModelBlueprint _model;
    private readonly TensorDevice _device;
    private readonly Staged<float> _vector;
    private readonly Staged<float> _gradient;
    private readonly Tensor[] _parameters;
    private readonly Minibatch _minibatch;
    private readonly long[] _momentCounts;
    private int _arrived;

    /// <param name="model">What the replica is a copy of.</param>
    /// <param name="capacity">Largest number of examples in one pass.</param>
    /// <param name="gradient">Where its gradient is to be, [Layout.Length] zeros that outlive it; empty: in memory of its own.</param>
    /// <param name="device">Where its tensors live; null: <see cref="TensorDevice.Default"/>.</param>
    public Replica(ModelBlueprint model, int capacity, Memory<float> gradient = default, TensorDevice? device = null)
    {
        _model = model;
        _device = device ??= TensorDevice.Default;
        using var scope = NewDisposeScope();
        _vector = device.Stage<float>([model.Layout.Length], float32);
        _gradient = gradient.IsEmpty ? device.Stage<float>([model.Layout.Length], float32) : device.Stage(gradient);
        _parameters = [.. model.Layout.Segments.Select((_, index) => ViewOf(index))];
        _minibatch = new Minibatch(device, model, capacity);
        _momentCounts = new long[model.Layout.Segments.Count];
    }

    /// <summary>The flat vector, [Layout.Length]: write a version here, before a step or an evaluation begins.</summary>
    public Memory<float> Parameters => _vector.Memory;

    /// <summary>Gradients of the trainable part, batch moments in the buffers' part; whole once the step has ended.</summary>
    public Memory<float> Gradient
    {
        get
        {
            _gradient.Wait();
            return _gradient.Memory;
        }
    }

    public ParameterLayout Layout => _model.Layout;

    /// <summary>Timestamp at which the backward pass of the last micro-batch began; 0: it had none.</summary>
    public long BackwardBegan { get; private set; }

    /// <summary>Takes the version that <see cref="Parameters"/> has, and forgets gradients and moments of the step before.</summary>
    public void BeginStep()
    {
        Hold();
        _gradient.Clear();
        Array.Clear(_momentCounts);
    }

    /// <summary>The gradient of all micro-batches is in <see cref="Gradient"/>, or comes there bucket by bucket (<see cref="GradientOf"/>).</summary>
    public void EndStep()
    {
        foreach (var bucket in Layout.Buckets)
            _gradient.Fetch(bucket.Offset, Math.Clamp(Layout.TrainableLength - bucket.Offset, 0, bucket.Length));
    }

    /// <summary>A bucket of <see cref="Gradient"/>, [bucket.Length], when it is there; others may still come.</summary>
    public Memory<float> GradientOf(Bucket bucket)
    {
        _gradient.Wait(bucket.Offset, bucket.Length);
        return _gradient.Memory.Slice(bucket.Offset, bucket.Length);
    }

    /// <summary>A part of a version has come to <see cref="Parameters"/> and goes to the device, on any thread. What nobody speaks of goes when it is needed.</summary>
    /// <param name="first">Its first element.</param>
    /// <param name="elements">How many; each comes once.</param>
    public void Arrive(int first, int elements)
    {
        _vector.Send(first, elements);
        Interlocked.Add(ref _arrived, elements);
    }

    /// <summary><see cref="Parameters"/> are about to be written by another way than parts that arrive: all of them go to the device again.</summary>
    public void Rewrite()
    {
        _vector.Wait();
        Volatile.Write(ref _arrived, 0);
    }

    /// <summary>Copies the examples of a micro-batch to come to where it will be computed; another one may come first.</summary>
    public void Prepare(ExampleSet data, ReadOnlySpan<int> examples) => _minibatch.Load(data, examples);

    /// <summary>
    /// Adds the gradient of <c>Σ (loss + penalty) / divisor</c> over the examples to <see cref="Gradient"/>, their moments to its buffers' part, and
    /// writes the next power-iteration vectors there. An empty micro-batch adds nothing. The penalty on weights is not in the result.
    /// </summary>
    /// <param name="data">Where the examples are.</param>
    /// <param name="examples">Their indices, at most the replica's capacity.</param>
    /// <param name="divisor">Of the step, over all ranks.</param>
    /// <param name="key">Where the micro-batch stands.</param>
    /// <param name="exchange">Where its BatchNorm layers meet those of other ranks, who must all come; null where each rank is by itself.</param>
    public BatchResult Accumulate(ExampleSet data, ReadOnlySpan<int> examples, Divisor divisor, MicroBatchKey key, IMomentExchange? exchange = null)
    {
        if (examples.IsEmpty)
        {
            ExchangeNothing(exchange, withBackward: true);
            return default;
        }

        using var turn = _device.Take();
        using var scope = NewDisposeScope();
        var (x, y) = Load(data, examples);
        using var pass = TrainingPass(key, _model.RenormAt(key.Position, data.Count), exchange);
        var scores = Forward(x, pass);
        var loss = _model.Loss.Of(scores, y, divisor);
        // Each micro-batch brings its examples' share of the penalty: over all ranks it is there once.
        var objective = pass.Penalty is { } penalty ? loss.Plus(penalty.Times(examples.Length)) : loss;
        BackwardBegan = Stopwatch.GetTimestamp();
        objective.Over(divisor.Examples).backward();
        pass.Fault?.Throw();
        return Result(loss, scores, y, examples.Length, divisor);
    }

    /// <summary>
    /// Adds the examples' moments to the buffers' part of <see cref="Gradient"/> without taking a gradient: a forward pass in training mode.
    /// Statistics are taken anew, so batch renormalization is held to no old ones: it is BatchNorm here.
    /// </summary>
    public BatchResult Measure(ExampleSet data, ReadOnlySpan<int> examples, Divisor divisor, MicroBatchKey key, IMomentExchange? exchange = null)
    {
        BackwardBegan = 0;
        if (examples.IsEmpty)
        {
            ExchangeNothing(exchange, withBackward: false);
            return default;
        }

        using var noGradient = no_grad();
        using var turn = _device.Take();
        using var scope = NewDisposeScope();
        var (x, y) = Load(data, examples);
        using var pass = TrainingPass(key, RenormLimits.None, exchange, measuresInputs: true);
        var scores = Forward(x, pass);
        return Result(_model.Loss.Of(scores, y, divisor), scores, y, examples.Length, divisor);
    }

    /// <summary>Loss and accuracy in evaluation mode (running statistics, no dropout), without gradients.</summary>
    /// <param name="data">Where the examples are.</param>
    /// <param name="examples">Their indices.</param>
    /// <param name="divisor">Of the whole that they are a part of.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="OperationCanceledException">Asked to stop, between two micro-batches.</exception>
    public BatchResult Evaluate(ExampleSet data, ReadOnlySpan<int> examples, Divisor divisor, CancellationToken stop = default)
    {
        var total = default(BatchResult);
        Hold();
        using var noGradient = no_grad();
        for (var at = 0; at < examples.Length; at += _minibatch.Capacity)
        {
            stop.ThrowIfCancellationRequested();
            using var turn = _device.Take();
            using var scope = NewDisposeScope();
            var part = examples[at..Math.Min(examples.Length, at + _minibatch.Capacity)];
            var (x, y) = Load(data, part);
            using var pass = new ForwardPass { Parameters = _parameters, Training = false, Padding = _minibatch.Padding };
            var scores = Forward(x, pass);
            total += Result(_model.Loss.Of(scores, y, divisor), scores, y, part.Length, divisor);
        }

        return total;
    }

    public void Dispose()
    {
        foreach (var parameter in _parameters)
            parameter.Dispose();
        _minibatch.Dispose();
        _vector.Dispose();
        _gradient.Dispose();
    }

    /// <summary>The device has the version.</summary>
    private void Hold()
    {
        if (Interlocked.Exchange(ref _arrived, 0) < Layout.Length)
            _vector.Send(Layout.Length);
        _vector.Wait();
    }

    /// <summary>A leaf tensor on a segment's part of the flat vector, its gradient on the same part of the gradient vector.</summary>
    private Tensor ViewOf(int index)
    {
        var segment = Layout.Segments[index];
        var shape = segment.Shape.Select(s => (long)s).ToArray();
        var view = _vector.Tensor.narrow(0, segment.Offset, segment.Length).view(shape).detach();
        if (!segment.IsBuffer && _model.MeetsBackward)
            view.requires_grad_(true);
        if (!_model.IsStill(index))
        {
            view.requires_grad_(true);
            // With a gradient already defined, backward adds to it in place: it lands in the flat vector.
            view.grad = _gradient.Tensor.narrow(0, segment.Offset, segment.Length).view(shape);
        }

        return view.MoveToOuterDisposeScope();
    }

    /// <summary>The others wait for this rank at every layer, also when it has no examples.</summary>
    private void ExchangeNothing(IMomentExchange? exchange, bool withBackward)
    {
        BackwardBegan = 0;
        if (exchange is null)
            return;
        var layers = Layout.Segments.Index().Where(s => s.Item.Kind == SegmentKind.Statistics).ToList();
        foreach (var (layer, segment) in layers)
            exchange.Merge(layer, BatchMoments.Empty(segment.Shape[0]));
        if (!withBackward)
            return;
        BackwardBegan = Stopwatch.GetTimestamp();
        layers.Reverse();
        foreach (var (layer, segment) in layers)
            exchange.Sum(layer, new double[segment.Length]);
    }

    private ForwardPass TrainingPass(MicroBatchKey key, RenormLimits renorm, IMomentExchange? exchange, bool measuresInputs = false) => new()
    {
        Parameters = _parameters,
        Training = true,
        Products = _model.Products,
        Padding = _minibatch.Padding,
        Key = key,
        Moments = Record,
        Exchange = exchange,
        MeasuresInputs = measuresInputs,
        Powers = Record,
        Renorm = renorm,
    };

    /// <summary>Scores are float32, whatever the last product was.</summary>
    private Tensor Forward(Tensor x, ForwardPass pass) => _model.Layers.Forward(x, pass).to(float32);

    private (Tensor X, Tensor Y) Load(ExampleSet data, ReadOnlySpan<int> examples)
    {
        _minibatch.Load(data, examples);
        return _minibatch.Tensors();
    }

    /// <summary>Merges the moments of some examples at one layer into the gradient's buffers' part.</summary>
    private void Record(int statistics, BatchMoments moments)
    {
        var placed = Layout.Segments[statistics];
        Span<float> pairs = placed.Length <= 2048 ? stackalloc float[placed.Length] : new float[placed.Length];
        for (var channel = 0; channel < moments.Mean.Length; channel++)
        {
            pairs[2 * channel] = (float)moments.Mean[channel];
            pairs[(2 * channel) + 1] = moments.Count == 0 ? 0 : (float)(moments.SquaredDeviations[channel] / moments.Count);
        }

        Moments.Merge(Gradient.Span.Slice(placed.Offset, placed.Length), _momentCounts[statistics], pairs, moments.Count);
        _momentCounts[statistics] += moments.Count;
    }

    /// <summary>Every micro-batch computes the same one from the version, so the last may stand for all.</summary>
    private void Record(int vector, Tensor next)
    {
        var placed = Layout.Segments[vector];
        new TensorMemory<float>(next.cpu()).GetSpan().CopyTo(Gradient.Span.Slice(placed.Offset, placed.Length));
    }

    private BatchResult Result(Tensor loss, Tensor scores, Tensor labels, int examples, Divisor divisor) =>
        BatchResult.Of(examples, loss.item<float>(), _model.Loss.Told(scores, labels, divisor));
}
