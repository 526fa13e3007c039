using System.Globalization;
using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Parameters;
using DistTrain.Torch.Data;

namespace DistTrain.Worker.Ranks;

/// <summary>Says where a gradient stopped being a number.</summary>
internal static class NotFinite
{
    /// <summary>
    /// The tensors whose gradient is not finite, and the buffers whose batch moments are not (they would ruin the running statistics though every
    /// gradient is fine), in words; else the loss, if it is not. Null when all of it is finite.
    /// </summary>
    public static string? In(ParameterLayout layout, ReadOnlySpan<float> gradient, double lossSum)
    {
        if (IsFinite(gradient))
            return double.IsFinite(lossSum) ? null : $"the loss is {lossSum}";
        List<Segment> found = [];
        foreach (var segment in layout.Segments)
        {
            if (!IsFinite(gradient.Slice(segment.Offset, segment.Length)))
                found.Add(segment);
        }

        var wrong = found.ToLookup(s => s.IsBuffer, s => s.Name);
        return string.Join("; ", Parts());

        IEnumerable<string> Parts()
        {
            if (wrong[false].Any())
                yield return $"the gradient of {string.Join(", ", wrong[false])} is not finite";
            if (wrong[true].Any())
                yield return $"the moments of {string.Join(", ", wrong[true])} are not finite";
        }
    }

    /// <summary>The fault of a rank whose gradient, moments or loss are not finite. What was read is finite, but may be too large.</summary>
    public static RankFaultException Fault(IShareGradient share, int rank, long step, double lossSum) =>
        new($"rank {rank}, step {step}: {In(share.Layout, share.Gradient.Span, lossSum)}. {Advice(share.Data.Largest())}");

    private static string Advice(float largest) => largest < DatasetCheck.Large
        ? "Lower optimizer.lr, or warm the rate up"
        : string.Create(CultureInfo.InvariantCulture, $"The largest feature of the data is {largest:0.#e+0}: {DatasetCheck.Cure(largest)}");

    public static bool IsFinite(ReadOnlySpan<float> values) => double.IsFinite(SquaredNorm.Of(values));
}
