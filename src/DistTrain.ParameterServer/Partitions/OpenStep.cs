using DistTrain.Optimization.Gradients;
using DistTrain.Protocol;
using Position = DistTrain.Optimization.Order.Position;

namespace DistTrain.ParameterServer.Partitions;

/// <summary>A committed version and the step that waits for gradients at it: replaced whole when the step closes.</summary>
/// <param name="Version">Updates done so far; also the number of the step.</param>
/// <param name="Position">Where the version stands in the data.</param>
/// <param name="Take">Examples of the step over all ranks that share them; 0 when training is over.</param>
/// <param name="Evaluate">True when ranks evaluate this version.</param>
/// <param name="Rate">Scheduled learning rate of the step.</param>
internal sealed record OpenStep(long Version, Position Position, int Take, bool Evaluate, double Rate)
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

/// <summary>What the next steps depend on besides version and position: a pure function of the steps before.</summary>
/// <param name="PhaseStart">Version at which the phase began.</param>
/// <param name="EpochExamples">Examples of the current epoch so far.</param>
/// <param name="EpochCorrect">How many of them were classified right, at the weights of their step.</param>
/// <param name="Batch">Examples in a full step, where the noise decides it; else 0.</param>
/// <param name="Noise">The gradient noise so far, where it is measured.</param>
/// <param name="StatisticsSteps">Steps so far that took statistics and made no update.</param>
/// <param name="Skips">Steps that made none because of their numbers.</param>
internal readonly record struct Progress(
    long PhaseStart = 0,
    long EpochExamples = 0,
    long EpochCorrect = 0,
    int Batch = 0,
    NoiseScale Noise = default,
    long StatisticsSteps = 0,
    SkipTally Skips = default)
{
    /// <summary>Steps that trained up to <paramref name="version"/>, the skipped ones too: what schedules and the length of the job count.</summary>
    public long Updates(long version) => version - StatisticsSteps;

    /// <summary>Those that changed the optimizer's slots.</summary>
    public long SlotAge(long version) => Updates(version) - Skips.Steps;
}

/// <summary>What a closed step tells the course of training.</summary>
/// <param name="Correct">Examples that were classified right, over the ranks of the replica.</param>
/// <param name="AverageSquare">|ḡ|² of the averaged gradient, where something needs it.</param>
/// <param name="Shares">Each rank's examples and the squared norm of what it pushed, where the noise is measured.</param>
/// <param name="Verdict">What became of it.</param>
internal readonly record struct StepOutcome(long Correct, double AverageSquare, IReadOnlyList<(int Examples, double Square)> Shares, Verdict Verdict = default);
