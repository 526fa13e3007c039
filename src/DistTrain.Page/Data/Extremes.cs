namespace DistTrain.Page.Data;

/// <summary>Of steps in a row the first, and for each series the lowest and the highest: what a curve through all of them would reach, it reaches too.</summary>
internal sealed class Extremes
{
    private readonly StepPoint _first;
    private readonly StepPoint?[] _lowest;
    private readonly StepPoint?[] _highest;

    /// <param name="point">One step alone.</param>
    public Extremes(StepPoint point)
    {
        (_first, To) = (point, point.Metrics.Step);
        _lowest = new StepPoint?[StepPoint.Series.Count];
        for (var i = 0; i < _lowest.Length; i++)
            _lowest[i] = StepPoint.Series[i](point) is { } value && double.IsFinite(value) ? point : null;
        _highest = [.. _lowest];
    }

    /// <summary>The last of them.</summary>
    public long To { get; private set; }

    /// <summary>The steps that are kept, in order, each once.</summary>
    public IEnumerable<StepPoint> Points => _lowest.Concat(_highest).OfType<StepPoint>().Append(_first).Distinct(ReferenceEqualityComparer.Instance).Cast<StepPoint>().OrderBy(p => p.Metrics.Step);

    /// <summary>Of both; where they are equal, the earlier step stays.</summary>
    public static Extremes Merge(Extremes earlier, Extremes later)
    {
        for (var i = 0; i < earlier._lowest.Length; i++)
        {
            var value = StepPoint.Series[i];
            earlier._lowest[i] = Chosen(earlier._lowest[i], later._lowest[i], (a, b) => value(b) < value(a));
            earlier._highest[i] = Chosen(earlier._highest[i], later._highest[i], (a, b) => value(b) > value(a));
        }

        earlier.To = later.To;
        return earlier;
    }

    private static StepPoint? Chosen(StepPoint? earlier, StepPoint? later, Func<StepPoint, StepPoint, bool> isBeyond) =>
        earlier is null ? later : later is null || !isBeyond(earlier, later) ? earlier : later;
}
