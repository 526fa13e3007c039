using System.Numerics;

namespace DistTrain.Torch.Data.Digits;

/// <summary>
/// A square of ink, [size, size], that a round pen draws on, with edges smoothed over one pixel. Uses only + − × ÷ and square
/// roots, which IEEE 754 rounds alike everywhere: the same strokes give the same bits on any processor.
/// </summary>
internal sealed class DigitCanvas(int size)
{
    // Straight pieces between two points of a curve: at this size none is longer than about one pixel and a half.
    private const int PiecesPerSpan = 6;

    private readonly float[] _ink = new float[size * size];

    /// <summary>[size, size], row-major: 0 for none, 1 for full.</summary>
    public ReadOnlySpan<float> Ink => _ink;

    public void Clear() => Array.Clear(_ink);

    /// <summary>Straight lines from point to point.</summary>
    /// <param name="points">In pixels; (0, 0) is the middle of the first.</param>
    /// <param name="radius">Half the pen's width in pixels.</param>
    /// <param name="strength">Ink at full cover, 0..1.</param>
    public void DrawLines(ReadOnlySpan<Vector2> points, float radius, float strength)
    {
        for (var i = 1; i < points.Length; i++)
            DrawLine(points[i - 1], points[i], radius, strength);
    }

    /// <summary>A smooth curve through all points (Catmull and Rom's cubic spline, the ends doubled).</summary>
    /// <inheritdoc cref="DrawLines"/>
    public void DrawCurve(ReadOnlySpan<Vector2> points, float radius, float strength)
    {
        var from = points[0];
        for (var i = 1; i < points.Length; i++)
        {
            var (p0, p1, p2, p3) = (points[Math.Max(i - 2, 0)], points[i - 1], points[i], points[Math.Min(i + 1, points.Length - 1)]);
            for (var piece = 1; piece <= PiecesPerSpan; piece++)
            {
                var t = piece / (float)PiecesPerSpan;
                var to = 0.5f * ((2 * p1) + ((p2 - p0) * t) + (((2 * p0) - (5 * p1) + (4 * p2) - p3) * (t * t)) + (((3 * p1) - p0 - (3 * p2) + p3) * (t * t * t)));
                DrawLine(from, to, radius, strength);
                from = to;
            }
        }
    }

    // Only the pixels that the pen can touch are visited: a handful for each piece of a stroke.
    private void DrawLine(Vector2 from, Vector2 to, float radius, float strength)
    {
        var reach = radius + 0.5f;
        var (left, right) = Touched(from.X, to.X, reach);
        var (top, bottom) = Touched(from.Y, to.Y, reach);
        var (dx, dy) = (to.X - from.X, to.Y - from.Y);
        var length = (dx * dx) + (dy * dy);
        for (var y = top; y <= bottom; y++)
        {
            for (var x = left; x <= right; x++)
            {
                var (px, py) = (x - from.X, y - from.Y);
                var along = length > 0 ? Math.Clamp(((px * dx) + (py * dy)) / length, 0, 1) : 0;
                var (ex, ey) = (px - (along * dx), py - (along * dy));
                var distance = (ex * ex) + (ey * ey);
                if (distance >= reach * reach)
                    continue;

                // Strokes that cross do not add up: ink covers ink.
                ref var ink = ref _ink[(y * size) + x];
                ink = Math.Max(ink, Math.Min(reach - MathF.Sqrt(distance), 1) * strength);
            }
        }
    }

    private (int First, int Last) Touched(float from, float to, float reach) =>
        (Math.Max((int)MathF.Ceiling(Math.Min(from, to) - reach), 0), Math.Min((int)MathF.Floor(Math.Max(from, to) + reach), size - 1));
}
