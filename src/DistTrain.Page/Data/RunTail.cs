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
public sealed record RunProgress(string State, long TotalSteps, string? Waits)
{
    /// <summary>Where each rank's time goes; null where that is not told.</summary>
    public IReadOnlyList<RankRow>? Ranks { get; init; }

    /// <summary>What the open step waits for; null: it goes on.</summary>
    public string? Hangs { get; init; }
}

/// <summary>A rank, and where the time of its steps goes: milliseconds, means over the last steps.</summary>
/// <param name="Rank">Its number.</param>
/// <param name="Silo">Where it lives; null: it did not answer.</param>
/// <param name="Compute">Forward and backward.</param>
/// <param name="Push">Handing the gradient over.</param>
/// <param name="Wait">For slower ranks: what it waits longer than the rank that waits least.</param>
/// <param name="Update">Sums and the update, as seen from the ranks: what even the rank waits that waits least.</param>
/// <param name="Pull">From the first bucket of the next version to the last.</param>
/// <param name="IsSlow">Others wait for it.</param>
public sealed record RankRow(int Rank, string? Silo, double Compute, double Push, double Wait, double Update, double Pull, bool IsSlow);

/// <summary>Up to where curves stay as they are, as long as their buckets have these widths.</summary>
/// <param name="Step">The last step of the last bucket that is full in all of them.</param>
/// <param name="Width">Of the buckets of steps.</param>
/// <param name="StripWidth">Of the strip.</param>
public sealed record Settled(long Step, long Width, long StripWidth)
{
    /// <summary>What was settled before still is.</summary>
    internal bool IsFurther(Settled before) => before.Width == Width && before.StripWidth == StripWidth && before.Step <= Step;
}
