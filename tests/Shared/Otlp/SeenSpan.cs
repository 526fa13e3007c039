namespace DistTrain.Tests.Otlp;

/// <summary>A span as it arrived.</summary>
internal sealed record SeenSpan(string Service, string Trace, string Id, string Parent, string Name, double Start, double End, IReadOnlyDictionary<string, object> Attributes)
{
    /// <summary>Start and end are in seconds since 1970.</summary>
    public double Seconds => End - Start;

    public long Number(string attribute) => (long)Attributes[attribute];
}
