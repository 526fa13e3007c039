using System.Numerics;
using DistTrain.Optimization.Randomness;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Data.Digits;

/// <summary>
/// Handwritten-like digits, 28 × 28 grey, ten classes in equal shares, drawn by program: the data set that needs no download.
/// Example i is a pure function of (set, i), the same bits on any processor, whatever the size of the set; it does not depend
/// on the job's seed, so that all jobs are judged on the same images.
/// </summary>
internal static class SyntheticDigits
{
    private const int Classes = 10;
    private const int Side = 28;
    private const int Pixels = Side * Side;
    private const int TrainStream = 0;
    private const int TestStream = 1;

    // Part of the data's identity: another seed is another data set.
    private const long Seed = 20_261_101;

    // Fits every glyph: the longest stroke has eleven points.
    private const int MostPoints = 16;

    private static int MaxExamples => Array.MaxLength / Pixels;

    /// <summary>The first images of the training stream.</summary>
    /// <exception cref="DatasetException">More than an array can hold.</exception>
    public static ExampleSet Train(int? count) => Draw("dataset.trainExamples", TrainStream, count ?? DatasetNames.DigitsTrainExamples);

    /// <summary>The first images of the test stream, which shares none with the training stream.</summary>
    /// <exception cref="DatasetException">More than an array can hold.</exception>
    public static ExampleSet Test(int? count) => Draw("dataset.testExamples", TestStream, count ?? DatasetNames.DigitsTestExamples);

    private static ExampleSet Draw(string key, int stream, int count)
    {
        if (count > MaxExamples)
            throw new DatasetException($"{key}: expected at most {MaxExamples} digits, found {count}. Ask for fewer.");

        var pixels = new byte[count * Pixels];
        var labels = new int[count];
        Parallel.For(0, count, () => new DigitCanvas(Side), (index, _, canvas) =>
        {
            labels[index] = index % Classes;
            DrawDigit(stream, index, canvas, pixels.AsSpan(index * Pixels, Pixels));
            return canvas;
        }, _ => { });
        return ExampleSet.OfPixels([1, Side, Side], Classes, pixels, labels);
    }

    private static void DrawDigit(int stream, int index, DigitCanvas canvas, Span<byte> pixels)
    {
        var random = new CounterRandom(Seed, Optimization.Randomness.Draw.SyntheticDigits, stream, index);
        var hand = new DigitHand(ref random, Side);
        var ways = DigitGlyphs.All[index % Classes];
        canvas.Clear();
        foreach (var stroke in ways[random.NextBelow(ways.Count)])
            DrawStroke(stroke, in hand, ref random, canvas);
        for (var left = random.NextBelow(2); left > 0; left--)
            DrawScratch(in hand, ref random, canvas);
        Develop(canvas.Ink, ref random, pixels);
    }

    private static void DrawStroke(Stroke stroke, in DigitHand hand, ref CounterRandom random, DigitCanvas canvas)
    {
        Span<Vector2> points = stackalloc Vector2[MostPoints];
        points = points[..stroke.Points.Count];
        for (var i = 0; i < points.Length; i++)
        {
            var shake = new Vector2(Bell(ref random), Bell(ref random)) * hand.Jitter;
            points[i] = hand.Place(stroke.Points[i] + shake);
        }

        if (stroke.Smooth)
            canvas.DrawCurve(points, hand.Radius, hand.Strength);
        else
            canvas.DrawLines(points, hand.Radius, hand.Strength);
    }

    /// <summary>A short stray line anywhere, of the digit's own ink or fainter: what a linear model cannot tell from a stroke.</summary>
    private static void DrawScratch(in DigitHand hand, ref CounterRandom random, DigitCanvas canvas)
    {
        var from = new Vector2(DigitHand.Between(ref random, 0, Side), DigitHand.Between(ref random, 0, Side));
        var to = from + new Vector2(DigitHand.Between(ref random, -7, 7), DigitHand.Between(ref random, -7, 7));
        canvas.DrawLines([from, to], DigitHand.Between(ref random, 0.4f, 0.9f), hand.Strength * DigitHand.Between(ref random, 0.4f, 1));
    }

    /// <summary>Ink to bytes: paper of some grey, and noise of one strength over the whole image.</summary>
    private static void Develop(ReadOnlySpan<float> ink, ref CounterRandom random, Span<byte> pixels)
    {
        var paper = DigitHand.Between(ref random, 0, 0.1f);
        var noise = DigitHand.Between(ref random, 0.02f, 0.1f);
        for (var i = 0; i < pixels.Length; i++)
        {
            var value = paper + ((1 - paper) * ink[i]) + (noise * QuickBell(random.NextUInt32()));
            pixels[i] = (byte)((Math.Clamp(value, 0, 1) * 255) + 0.5f);
        }
    }

    // About normal, mean 0, deviation 1: the sum of four uniforms, because logarithm and sine round differently across libraries.
    private static float Bell(ref CounterRandom random) =>
        (random.NextSingle() + random.NextSingle() + random.NextSingle() + random.NextSingle() - 2) * 1.7320508f;

    // The same from the four bytes of one draw: 510 is their sum's mean, 147.8 its deviation.
    private static float QuickBell(uint bits) =>
        ((bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24) - 510f) / 147.8f;
}
