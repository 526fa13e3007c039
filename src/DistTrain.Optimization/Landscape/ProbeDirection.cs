using System.Numerics;
using DistTrain.Optimization.Randomness;

namespace DistTrain.Optimization.Landscape;

/// <summary>How the elements of a random direction are distributed: independent, mean 0, variance 1.</summary>
public enum ProbeDirectionKind
{
    /// <summary>+1 or −1: the least variance of a trace (Hutchinson 1990).</summary>
    Rademacher,

    /// <summary>Standard normal: no axis is special.</summary>
    Gauss,
}

/// <summary>
/// Random directions in the space of the trainable parameters. Each bucket has its own stream, a function of (seed, probe, restart, bucket), so
/// any server makes its part alone.
/// </summary>
public static class ProbeDirection
{
    /// <summary>Fills one part; padding and buffers are 0. Not normalized.</summary>
    /// <param name="part">Which elements.</param>
    /// <param name="kind">Their distribution.</param>
    /// <param name="seed">The probe's seed.</param>
    /// <param name="probe">Number of the direction.</param>
    /// <param name="restart">How often this probe's recursion has ended and begun again.</param>
    /// <param name="vector">[part.Length]</param>
    /// <param name="draw">What they are for.</param>
    public static void Fill<T>(VectorPart part, ProbeDirectionKind kind, long seed, int probe, int restart, Span<T> vector, Draw draw = Draw.Directions)
        where T : unmanaged, INumberBase<T>
    {
        vector.Clear();
        foreach (var bucket in part.Buckets)
        {
            var random = new CounterRandom(seed, draw, probe, restart, bucket.Index);
            foreach (var piece in bucket.Pieces.Where(piece => !piece.Segment.IsBuffer))
            {
                foreach (ref var value in vector.Slice(piece.Offset - part.Offset, piece.Length))
                    value = T.CreateTruncating(kind == ProbeDirectionKind.Gauss ? random.NextNormal() : Sign(ref random));
            }
        }
    }

    private static double Sign(ref CounterRandom random) => (random.NextUInt32() & 1) == 0 ? -1 : 1;
}
