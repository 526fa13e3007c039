namespace DistTrain.Observability.Traces;

/// <summary>A span whose times are known.</summary>
/// <param name="Name">One of <see cref="SpanNames"/>.</param>
/// <param name="Start">Timestamp of <see cref="System.Diagnostics.Stopwatch"/>.</param>
/// <param name="End">The same.</param>
public readonly record struct MeasuredSpan(string Name, long Start, long End)
{
    public int? Rank { get; init; }

    public int? Server { get; init; }

    /// <summary>What was sent, received or added.</summary>
    public long? Bytes { get; init; }

    /// <summary>It lies in the next part behind it that is not inner itself.</summary>
    public bool IsInner { get; init; }
}
