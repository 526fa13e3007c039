namespace DistTrain.Optimization.Parameters;

/// <summary>Which values of a segment a saved tensor holds.</summary>
public enum SavedPart
{
    /// <summary>All, in order.</summary>
    Whole,

    /// <summary>The first of each (mean, variance) or (mean, deviation) pair.</summary>
    Mean,

    /// <summary>The second of each pair.</summary>
    Spread,
}

/// <summary>A tensor as it stands in a saved model, under the names that PyTorch's own modules use.</summary>
/// <param name="Name">Unique in the file.</param>
/// <param name="Shape">Row-major.</param>
/// <param name="Segment">Where its values lie in the flat vector.</param>
/// <param name="Part">Which of the segment's values.</param>
public sealed record SavedTensor(string Name, IReadOnlyList<int> Shape, Segment Segment, SavedPart Part)
{
    private const string StatisticsSuffix = "statistics";

    /// <summary>Number of elements.</summary>
    public int Length => Part == SavedPart.Whole ? Segment.Length : Segment.Length / 2;

    /// <summary>
    /// The tensors of a saved model in layout order. Running statistics, (mean, variance) pairs in <c>norm1.statistics</c>,
    /// become the two tensors <c>norm1.running_mean</c> and <c>norm1.running_var</c> of a PyTorch BatchNorm; (mean, deviation) pairs
    /// <c>running_mean</c> and <c>running_std</c>.
    /// </summary>
    /// <exception cref="ArgumentException">Statistics are not of shape [channels, 2], or two tensors would get one name.</exception>
    public static IReadOnlyList<SavedTensor> Of(ParameterLayout layout)
    {
        var tensors = layout.Segments.SelectMany(Of).ToList();
        var twice = tensors.GroupBy(tensor => tensor.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1);
        return twice is null ? tensors : throw new ArgumentException($"two saved tensors would be named '{twice.Key}'", nameof(layout));
    }

    private static IEnumerable<SavedTensor> Of(Segment segment)
    {
        if (!segment.IsMoments)
            return [new SavedTensor(segment.Name, segment.Shape, segment, SavedPart.Whole)];
        if (segment.Shape.Count != 2 || segment.Shape[1] != 2)
            throw new ArgumentException($"statistics '{segment.Name}' have shape [{string.Join(',', segment.Shape)}], not [channels,2]", nameof(segment));
        var prefix = segment.Name.EndsWith(StatisticsSuffix, StringComparison.Ordinal) ? segment.Name[..^StatisticsSuffix.Length] : segment.Name + ".";
        int[] channels = [segment.Shape[0]];
        return
        [
            new SavedTensor(prefix + "running_mean", channels, segment, SavedPart.Mean),
            new SavedTensor(prefix + (segment.Kind == SegmentKind.Deviations ? "running_std" : "running_var"), channels, segment, SavedPart.Spread),
        ];
    }
}
