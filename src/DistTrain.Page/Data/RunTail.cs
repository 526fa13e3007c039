using System.Text.Json;
using System.Text.Json.Serialization;

namespace DistTrain.Page.Data;

/// <summary>News of a run that lasts.</summary>
/// <param name="Run">Its number in the document.</param>
/// <param name="After">What is known of the steps up to this one stays; what is known of later ones gives way to <paramref name="Series"/>.</param>
/// <param name="Progress">How it stands.</param>
/// <param name="Series">Of the later steps; its figures are the whole run's.</param>
/// <param name="Log">All of it.</param>
public sealed record RunTail(int Run, long After, RunProgress Progress, RunSeries Series, IReadOnlyList<RunLogLine> Log)
{
    /// <summary>What no further tail will change.</summary>
    [JsonIgnore]
    public Settled Settled { get; init; } = new(0, 0, 0);

    /// <summary>UTF-8, on one line.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, PageJson.Default.RunTail);
}

/// <summary>How a run stands that lasts.</summary>
/// <param name="State">queued or running.</param>
/// <param name="TotalSteps">Steps of the whole job; 0 while unknown.</param>
/// <param name="Waits">What it has been waiting for for long; null: nothing.</param>
public sealed record RunProgress(string State, long TotalSteps, string? Waits);

/// <summary>Up to where curves stay as they are, as long as their buckets have these widths.</summary>
/// <param name="Step">The last step of the last bucket that is full in all of them.</param>
/// <param name="Width">Of the buckets of steps.</param>
/// <param name="StripWidth">Of the strip.</param>
public sealed record Settled(long Step, long Width, long StripWidth)
{
    /// <summary>What was settled before still is.</summary>
    internal bool IsFurther(Settled before) => before.Width == Width && before.StripWidth == StripWidth && before.Step <= Step;
}
