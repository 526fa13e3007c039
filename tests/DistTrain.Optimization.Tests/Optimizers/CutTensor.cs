using System.Numerics;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Optimizers;

/// <summary>
/// One tensor under an optimizer, cut anywhere, each part with slots of its own. (A layout cuts at multiples of 16 elements, which is more than
/// the tensors of the reference vectors have.)
/// </summary>
internal sealed class CutTensor<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly IOptimizer<T> _optimizer;
    private readonly Segment _segment;
    private readonly List<(int Start, int Length, T[][] Slots)> _parts = [];

    public CutTensor(IOptimizer<T> optimizer, Segment segment, params int[] cuts)
    {
        (_optimizer, _segment) = (optimizer, segment);
        foreach (var (start, end) in cuts.Prepend(0).Zip(cuts.Append(segment.Length)))
            _parts.Add((start, end - start, [.. Enumerable.Range(0, optimizer.Slots).Select(_ => new T[end - start])]));
    }

    /// <summary>The sums over the tensor that the last step took.</summary>
    public double[] Norms { get; private set; } = [];

    /// <summary>Slot vectors of the first part.</summary>
    public T[][] Slots => _parts[0].Slots;

    /// <summary>The next weights; NaN where the optimizer has not written.</summary>
    public T[] Step(UpdateTime time, T[] weights, T[] gradient)
    {
        var next = new T[_segment.Length];
        next.AsSpan().Fill(T.NaN);
        var weightSquares = double.NaN;
        var (norms, sums) = (new double[_optimizer.Norms], new double[_optimizer.Norms]);
        if (_optimizer.Norms > 0)
        {
            foreach (var part in _parts)
            {
                _optimizer.Measure(PieceOf(part, ref weightSquares), sums);
                for (var i = 0; i < sums.Length; i++)
                    norms[i] += sums[i];
            }
        }

        foreach (var part in _parts)
            _optimizer.Step(PieceOf(part, ref weightSquares), norms);
        Norms = norms;
        return next;

        PieceStep<T> PieceOf((int Start, int Length, T[][] Slots) part, ref double squares) => new(
            _segment,
            time,
            weights.AsSpan(part.Start, part.Length),
            gradient.AsSpan(part.Start, part.Length),
            next.AsSpan(part.Start, part.Length),
            [.. part.Slots.Select(s => s.AsMemory())],
            0,
            ref squares);
    }
}
