using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Landscape;

/// <summary>
/// Random directions to look at the loss along, scaled to the weights filter by filter (Li et al. 2018, "Visualizing the loss landscape of neural nets",
/// 1712.09913): a net whose layers are scaled up and down without changing what it computes looks the same.
/// <code>
/// d ← normal;   of each filter (row of a weight tensor):   dᵢ ← dᵢ · ‖wᵢ‖ / ‖dᵢ‖;   of biases and norms: 0
/// </code>
/// </summary>
public static class FilterDirection
{
    /// <param name="layout">Of the weights.</param>
    /// <param name="weights">The flat vector, [layout.Length].</param>
    /// <param name="seed">Of the normal numbers.</param>
    /// <param name="number">Which direction.</param>
    /// <returns>[layout.Length]; 0 in buffers and padding.</returns>
    public static double[] Of(ParameterLayout layout, ReadOnlySpan<float> weights, long seed, int number)
    {
        var direction = new double[layout.Length];
        ProbeDirection.Fill<double>(new VectorPart(layout, ..), ProbeDirectionKind.Gauss, seed, number, restart: 0, direction.AsSpan(0, layout.TrainableLength));
        foreach (var segment in layout.Segments.Where(segment => !segment.IsBuffer))
        {
            var values = direction.AsSpan(segment.Offset, segment.Length);
            if (segment.Kind != SegmentKind.Weight)
            {
                values.Clear();
                continue;
            }

            var length = segment.Length / segment.Shape[0];
            for (var at = 0; at < segment.Length; at += length)
                Scale(values.Slice(at, length), weights.Slice(segment.Offset + at, length));
        }

        return direction;
    }

    private static void Scale(Span<double> filter, ReadOnlySpan<float> weights)
    {
        var (own, wanted) = (0.0, 0.0);
        for (var i = 0; i < filter.Length; i++)
        {
            own += filter[i] * filter[i];
            wanted += (double)weights[i] * weights[i];
        }

        var factor = own == 0 ? 0 : Math.Sqrt(wanted / own);
        foreach (ref var value in filter)
            value *= factor;
    }
}
