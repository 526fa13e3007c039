using System.Numerics;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Landscape;

/// <summary>Where a direction lives: the share of its squared length in each trainable segment. They add up to 1.</summary>
public static class DirectionShares
{
    /// <param name="part">The elements that are here.</param>
    /// <param name="direction">[part.Length], not 0.</param>
    /// <param name="totals">Sums over the buckets of all parts.</param>
    /// <returns>In the layout's order.</returns>
    public static IReadOnlyList<(Segment Segment, double Share)> Of<T>(VectorPart part, ReadOnlySpan<T> direction, BucketTotals totals)
        where T : unmanaged, INumberBase<T>
    {
        var segments = part.Layout.Segments.Where(segment => !segment.IsBuffer).ToList();
        var partials = new double[part.Buckets.Count * segments.Count];
        for (var bucket = 0; bucket < part.Buckets.Count; bucket++)
        {
            foreach (var piece in part.Buckets[bucket].Pieces.Where(piece => !piece.Segment.IsBuffer))
            {
                ref var square = ref partials[(bucket * segments.Count) + segments.IndexOf(piece.Segment)];
                foreach (var value in direction.Slice(piece.Offset - part.Offset, piece.Length))
                    square += double.CreateChecked(value) * double.CreateChecked(value);
            }
        }

        var squares = totals(partials, segments.Count);
        var sum = squares.Sum();
        return [.. segments.Zip(squares, (segment, square) => (segment, square / sum))];
    }
}
