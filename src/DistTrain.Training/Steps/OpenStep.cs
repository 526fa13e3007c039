using System.Text.Json.Serialization;
using DistTrain.Optimization.Order;
using DistTrain.Protocol;

namespace DistTrain.Training.Steps;

/// <summary>A committed version and the step that waits for gradients at it: replaced whole when the step closes.</summary>
/// <param name="Version">Updates done so far; also the number of the step.</param>
/// <param name="Position">Where the version stands in the data.</param>
/// <param name="Take">Examples of the step over all ranks that share them; 0 when training is over.</param>
/// <param name="Evaluate">True when ranks evaluate this version.</param>
/// <param name="Rate">Scheduled learning rate of the step.</param>
public sealed record OpenStep(long Version, Position Position, int Take, bool Evaluate, double Rate)
{
    public StepKind Kind { get; init; }

    public Sharing Sharing { get; init; }

    /// <summary>Rate of the step before; of the first step, its own.</summary>
    public double PreviousRate { get; init; } = Rate;

    /// <summary>Updates done since the optimizer's slots were zero; a skipped step is none.</summary>
    public long SlotAge { get; init; } = Version;

    /// <summary>The version that this step makes is the mean over the replica groups.</summary>
    public bool Averages { get; init; }

    /// <summary>The version that this step makes is the n-th of a running mean (SWA); 0: it is not part of one.</summary>
    public long Sample { get; init; }

    /// <summary>The running mean takes the place of the version that this step makes.</summary>
    public bool EndsWithMean { get; init; }

    /// <summary>What the course of training remembers.</summary>
    public Progress Progress { get; init; }

    /// <summary>Of a probe: what its products so far have brought. Null in training, and not written there.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProbeProgress? Probe { get; init; }

    public bool IsLast => Take == 0;

    public VersionHead ToHead() => new()
    {
        Version = Version,
        Position = Position.ToMessage(),
        Take = Take,
        Evaluate = Evaluate,
        Kind = Kind,
        Sharing = Sharing,
    };
}
