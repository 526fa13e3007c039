using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Options;
using DistTrain.Optimization.Parameters;
using DistTrain.Optimization.Threads;

namespace DistTrain.Benchmarks.Update;

/// <summary>One optimizer's step over the whole vector, as the server takes it: measure, combine, step, bucket by bucket on all threads.</summary>
internal sealed class OptimizerWork
{
    private static readonly UpdateTime Time = new(1, 1e-4, 1e-4);
    private readonly ParameterLayout _layout;
    private readonly BucketLoop _loop;
    private readonly IOptimizer<float> _optimizer;
    private readonly FlatUpdate<float> _update;
    private readonly Memory<float> _weights;
    private readonly Memory<float> _gradient;
    private readonly Memory<float> _next;
    private readonly Action<int> _measure;
    private readonly Action<int> _step;

    public OptimizerWork(ParameterLayout layout, BucketLoop loop, string name)
    {
        (_layout, _loop) = (layout, loop);
        var definition = OptimizerCatalog.Find(name)!;
        _optimizer = definition.Create<float>(new OptionValues(definition.Options, new Dictionary<string, object>()));
        _update = new FlatUpdate<float>(_optimizer, layout, layout.Buckets);
        (_weights, _gradient, _next) = (Vector(layout, 0.5f), Vector(layout, 1e-3f), Vector(layout, 0));
        _measure = index =>
        {
            var (bucket, weights, gradient, next) = Operands(index);
            _update.Measure(bucket, Time, weights.Span, gradient.Span, next.Span);
        };
        // Backwards, as the server does: what was measured last is still in the cache.
        _step = fromEnd =>
        {
            var index = layout.Buckets.Count - 1 - fromEnd;
            var (bucket, weights, gradient, next) = Operands(index);
            _update.Step(bucket, Time, weights.Span, gradient.Span, next.Span);
        };
    }

    public void Step()
    {
        if (_optimizer.Norms > 0)
        {
            _loop.Run(_layout.Buckets.Count, _measure);
            _update.Combine(_update.PieceSums.Span);
        }

        _loop.Run(_layout.Buckets.Count, _step);
    }

    private (Bucket Bucket, Memory<float> Weights, Memory<float> Gradient, Memory<float> Next) Operands(int index)
    {
        var bucket = _layout.Buckets[index];
        return (
            bucket,
            _weights.Slice(bucket.Offset, bucket.Length),
            _gradient.Slice(bucket.Offset, bucket.Length),
            _next.Slice(bucket.Offset, bucket.Length));
    }

    private static Memory<float> Vector(ParameterLayout layout, float value)
    {
        var vector = AlignedVector.Allocate<float>(layout.Length);
        vector.Span.Fill(value);
        return vector;
    }
}
