using DistTrain.Optimization.Randomness;

namespace DistTrain.Optimization.Parameters;

/// <summary>Version 0 of a job: a pure function of the layout and the seed, so every server can make its own part.</summary>
public static class VersionZero
{
    /// <summary>Fills elements [<paramref name="offset"/>, offset + vector.Length) of the flat vector; padding is 0.</summary>
    public static void Fill(ParameterLayout layout, long seed, int offset, Span<float> vector)
    {
        vector.Clear();
        for (var index = 0; index < layout.Segments.Count; index++)
        {
            var segment = layout.Segments[index];
            var first = Math.Max(segment.Offset, offset);
            var end = Math.Min(segment.End, offset + vector.Length);
            if (first >= end)
                continue;
            // A part is a slice of the whole tensor's stream: how the vector is cut changes nothing.
            var values = new float[segment.Length];
            FillSegment(layout, seed, index, values);
            values.AsSpan(first - segment.Offset, end - first).CopyTo(vector[(first - offset)..]);
        }
    }

    private static void FillSegment(ParameterLayout layout, long seed, int index, Span<float> values)
    {
        var segment = layout.Segments[index];
        var random = new CounterRandom(seed, Draw.Initialization, index);
        var scale = segment.Initial.Scale;
        switch (segment.Initial.Kind)
        {
            case InitializationKind.Constant:
                values.Fill((float)scale);
                break;
            case InitializationKind.Uniform:
                foreach (ref var value in values)
                    value = (float)(scale * ((2 * random.NextDouble()) - 1));
                break;
            case InitializationKind.Normal:
                foreach (ref var value in values)
                    value = (float)(scale * random.NextNormal());
                break;
            case InitializationKind.Statistics:
                for (var i = 0; i < values.Length; i += 2)
                    (values[i], values[i + 1]) = (0, 1);
                break;
            case InitializationKind.UnitVector:
                foreach (ref var value in values)
                    value = (float)random.NextNormal();
                var norm = Norm(values);
                foreach (ref var value in values)
                    value = (float)(value / norm);
                break;
            case InitializationKind.RowNorms:
                FillRowNorms(layout, seed, index, values);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(layout), segment.Initial.Kind, "unknown initialization");
        }
    }

    private static void FillRowNorms(ParameterLayout layout, long seed, int index, Span<float> values)
    {
        if (index == 0 || layout.Segments[index - 1].Length % values.Length != 0)
            throw new ArgumentException($"'{layout.Segments[index].Name}' has no segment of {values.Length} rows before it", nameof(layout));
        var matrix = new float[layout.Segments[index - 1].Length];
        FillSegment(layout, seed, index - 1, matrix);
        var columns = matrix.Length / values.Length;
        for (var row = 0; row < values.Length; row++)
            values[row] = (float)Norm(matrix.AsSpan(row * columns, columns));
    }

    private static double Norm(ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += (double)value * value;
        return Math.Sqrt(sum);
    }
}
