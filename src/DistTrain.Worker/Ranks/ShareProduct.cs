using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;

namespace DistTrain.Worker.Ranks;

/// <summary>
/// What a rank of a probe computes for its share: at version 0 the gradient at the weights; at those after it, which are directions, the product, or the
/// gradient where they are points around the weights. The weights come once, before the first step.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed class ShareProduct<T> : IShareGradient, IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Objective _objective;
    private readonly CurvatureReplica<T> _replica;
    private readonly CancellationToken _stop;

    /// <param name="model">Of the weights.</param>
    /// <param name="objective">What is looked at.</param>
    /// <param name="memory">Where servers of this machine see products; empty: they are sent.</param>
    /// <param name="device">Where it is computed.</param>
    /// <param name="stop">Ends it, between two micro-batches.</param>
    public ShareProduct(ModelBlueprint model, Objective objective, Memory<float> memory, TensorDevice device, CancellationToken stop)
    {
        (_objective, _stop) = (objective, stop);
        _replica = new CurvatureReplica<T>(model, objective.LargestPass, objective.Mode, device);
        Place = new VersionPlace(model.Layout, new float[model.Layout.Length * Width], Width);
        Gradient = memory.IsEmpty ? new float[model.Layout.Length * Width] : memory;
    }

    /// <inheritdoc/>
    public int Width => Unsafe.SizeOf<T>() / sizeof(float);

    /// <summary>Where directions come in.</summary>
    public VersionPlace Place { get; }

    /// <inheritdoc/>
    public ParameterLayout Layout => _replica.Layout;

    /// <inheritdoc/>
    public Memory<float> Gradient { get; }

    /// <inheritdoc/>
    public Memory<float> Part(Bucket bucket) => Gradient.Slice(bucket.Offset * Width, bucket.Length * Width);

    /// <inheritdoc/>
    public ExampleSet Data => _objective.Data;

    /// <summary>Looks at these weights.</summary>
    /// <param name="weights">The flat vector, [Layout.Length · Width].</param>
    public void MoveTo(ReadOnlySpan<float> weights) => MemoryMarshal.Cast<float, T>(weights).CopyTo(_replica.Parameters.Span);

    /// <inheritdoc/>
    public ShareResult Of(VersionHead head, int rank, StepTrace? trace = null)
    {
        var began = Stopwatch.GetTimestamp();
        var objective = _objective with { Position = head.Position.ToPosition() };
        var isPoint = head.Kind == StepKind.Point;
        var isGradient = head.Version == 0 || isPoint;
        var version = MemoryMarshal.Cast<float, T>(Place.Memory.Span)[..Layout.TrainableLength];
        // Points come after all directions, so the weights are not gone back to; buffers stay those of the weights.
        if (isPoint)
            version.CopyTo(_replica.Parameters.Span);
        else if (!isGradient)
            version.CopyTo(_replica.Direction.Span);
        _replica.BeginSum();
        var result = isGradient ? objective.AddGradient(_replica, rank, _stop) : objective.AddProduct(_replica, rank, _stop);
        _replica.EndSum();
        MemoryMarshal.Cast<T, float>(_replica.Sum.Span).CopyTo(Gradient.Span);
        trace?.Computed(began, 0);
        var shard = Shard.Of(rank, objective.Ranks, objective.Examples.Length);
        return new ShareResult(result, objective.Examples.Slice(shard.Start, shard.Count));
    }

    /// <inheritdoc/>
    public string NotFinite(double lossSum) => string.Empty;

    /// <inheritdoc/>
    public (double SquaredNorm, bool IsFinite) Judge(Bucket bucket, double lossSum) => (0, true);

    /// <inheritdoc/>
    public void Prepare(VersionHead head, int rank)
    {
        // The next direction is of the servers' making.
    }

    public void Dispose() => _replica.Dispose();
}
