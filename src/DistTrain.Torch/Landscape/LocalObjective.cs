using System.Collections.Concurrent;
using System.Numerics;
using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Order;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;

namespace DistTrain.Torch.Landscape;

/// <summary>
/// An objective with all its ranks in this process: each rank's shard on whatever thread is free, sums along the rank tree. The number of threads changes
/// no bit.
/// </summary>
/// <typeparam name="T">float or double: the type of gradients and products.</typeparam>
public sealed class LocalObjective<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Objective _objective;
    private readonly CurvatureReplica<T>[] _replicas;
    private readonly ConcurrentBag<CurvatureReplica<T>> _free;
    private readonly T[][] _sums;
    private readonly BatchResult[] _results;

    /// <param name="model">Of the weights.</param>
    /// <param name="objective">What is looked at.</param>
    /// <param name="threads">Most ranks at a time.</param>
    /// <param name="device">Where their tensors live; null: <see cref="TensorDevice.Default"/>.</param>
    /// <exception cref="ModelException">The objective's mode does not go with the model.</exception>
    public LocalObjective(ModelBlueprint model, Objective objective, int threads, TensorDevice? device = null)
    {
        _objective = objective;
        _replicas = [.. Enumerable.Range(0, Math.Min(threads, objective.Ranks)).Select(_ => new CurvatureReplica<T>(model, objective.LargestPass, objective.Mode, device))];
        _free = [.. _replicas];
        _sums = [.. Enumerable.Range(0, objective.Ranks).Select(_ => new T[model.Layout.TrainableLength])];
        _results = new BatchResult[objective.Ranks];
    }

    /// <summary>Bytes that ranks and threads take for each element of the vector, besides the recursion's.</summary>
    public static unsafe long BytesPerElement(int ranks, int threads) => (long)sizeof(T) * (ranks + (3L * Math.Min(threads, ranks)));

    /// <summary>Looks at these weights from now on.</summary>
    /// <param name="version">The flat vector, [Layout.Length].</param>
    public void MoveTo(ReadOnlySpan<float> version)
    {
        var first = _replicas[0].Parameters.Span;
        for (var i = 0; i < version.Length; i++)
            first[i] = T.CreateChecked(version[i]);
        foreach (var replica in _replicas.Skip(1))
            _replicas[0].Parameters.CopyTo(replica.Parameters);
    }

    /// <summary>Looks at these parameters from now on; buffers stay.</summary>
    /// <param name="parameters">[Layout.TrainableLength]</param>
    public void Place(ReadOnlyMemory<T> parameters)
    {
        foreach (var replica in _replicas)
            parameters.CopyTo(replica.Parameters);
    }

    /// <summary>The gradient, and sums over the examples.</summary>
    /// <returns>The vector is valid until the next call, [Layout.TrainableLength].</returns>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    public (T[] Gradient, BatchResult Result) Gradient(CancellationToken stop)
    {
        var result = OverRanks((replica, rank) => _objective.AddGradient(replica, rank, stop), stop);
        return (RankSum.Of(_sums), result);
    }

    /// <summary>H·direction.</summary>
    /// <inheritdoc cref="Gradient"/>
    /// <param name="direction">[Layout.TrainableLength]; 0 in the padding.</param>
    /// <param name="stop">Ends it between two micro-batches.</param>
    public T[] Product(ReadOnlyMemory<T> direction, CancellationToken stop)
    {
        foreach (var replica in _replicas)
            direction.CopyTo(replica.Direction);
        OverRanks((replica, rank) => _objective.AddProduct(replica, rank, stop), stop);
        return RankSum.Of(_sums);
    }

    /// <summary>Sums over the examples, by forward passes alone.</summary>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    public BatchResult Measure(CancellationToken stop) => OverRanks((replica, rank) => _objective.Measure(replica, rank, stop), stop);

    /// <summary>The mean loss.</summary>
    /// <inheritdoc cref="Measure"/>
    public double Loss(CancellationToken stop)
    {
        var result = Measure(stop);
        return result.LossSum / result.Examples;
    }

    public void Dispose()
    {
        foreach (var replica in _replicas)
            replica.Dispose();
    }

    private BatchResult OverRanks(Func<CurvatureReplica<T>, int, BatchResult> compute, CancellationToken stop)
    {
        Parallel.For(0, _objective.Ranks, new ParallelOptions { MaxDegreeOfParallelism = _replicas.Length, CancellationToken = stop }, rank =>
        {
            if (!_free.TryTake(out var replica))
                throw new InvalidOperationException("more threads than replicas");
            replica.BeginSum();
            _results[rank] = compute(replica, rank);
            replica.EndSum();
            replica.Sum.CopyTo(_sums[rank]);
            _free.Add(replica);
        });
        return RankTree.Reduce(_results, (left, right) => left + right);
    }
}
