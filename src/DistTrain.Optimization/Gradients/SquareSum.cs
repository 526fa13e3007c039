using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DistTrain.Optimization.Gradients;

/// <summary>
/// <see cref="SquaredNorm"/> of float32 values that come part by part, as they are added up anyway: the same bits as of all of them at once.
/// </summary>
internal struct SquareSum
{
    private Vector256<double> _low;
    private Vector256<double> _high;
    private double _total;
    private int _inBlock;

    /// <summary>Takes the next part in. Its length divides <see cref="SquaredNorm.BlockLength"/>, unless it is the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ReadOnlySpan<float> part)
    {
        var (low, high) = (_low, _high);
        ref var values = ref MemoryMarshal.GetReference(part);
        var i = 0;
        for (; i <= part.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            SquareLanes.Add(Vector256.LoadUnsafe(ref values, (nuint)i), ref low, ref high);
        (_low, _high) = (low, high);
        _inBlock += part.Length;
        if (i < part.Length || _inBlock == SquaredNorm.BlockLength)
            EndBlock(part[i..]);
    }

    /// <summary>The sum of all parts.</summary>
    public double Total()
    {
        if (_inBlock > 0)
            EndBlock([]);
        return _total;
    }

    private void EndBlock(ReadOnlySpan<float> rest)
    {
        _total += SquareLanes.Total(_low, _high, rest);
        (_low, _high, _inBlock) = (default, default, 0);
    }
}
