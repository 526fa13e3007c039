namespace DistTrain.Training.Steps;

/// <summary>The norms of the last updates' gradients, oldest first. Immutable; equal when the values are.</summary>
public sealed record NormWindow(IReadOnlyList<double> Values)
{
    /// <summary>How many are kept.</summary>
    public const int Length = 32;

    /// <summary>With fewer there is no median to go by.</summary>
    public const int Least = 8;

    /// <summary>The median, of an even number the lower; null while there are too few.</summary>
    public double? Median => Values.Count < Least ? null : Values.Order().ElementAt((Values.Count - 1) / 2);

    public NormWindow With(double norm) => new([.. Values.TakeLast(Length - 1), norm]);

    public bool Equals(NormWindow? other) => other is not null && Values.SequenceEqual(other.Values);

    public override int GetHashCode() => Values.Count == 0 ? 0 : HashCode.Combine(Values.Count, Values[^1]);
}
