namespace DistTrain.Optimization.Parameters;

/// <summary>Row-major matrices.</summary>
internal static class Matrix
{
    /// <param name="from">[rows, columns].</param>
    /// <param name="rows">Of it.</param>
    /// <param name="to">[columns, rows].</param>
    public static void Transpose(ReadOnlySpan<float> from, int rows, Span<float> to)
    {
        var columns = from.Length / Math.Max(1, rows);
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
                to[(column * rows) + row] = from[(row * columns) + column];
        }
    }
}
