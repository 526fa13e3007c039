using System.Text.Json.Serialization;
using DistTrain.Optimization.Gradients;

namespace DistTrain.Training.Steps;

/// <summary>What the next steps depend on besides version and position: a pure function of the steps before.</summary>
/// <param name="PhaseStart">Version at which the phase began.</param>
/// <param name="EpochExamples">Examples of the current epoch so far.</param>
/// <param name="EpochCorrect">How many of them were classified right, at the weights of their step.</param>
/// <param name="Batch">Examples in a full step, where the noise decides it; else 0.</param>
/// <param name="Noise">The gradient noise so far, where it is measured.</param>
/// <param name="StatisticsSteps">Steps so far that took statistics and made no update.</param>
/// <param name="Skips">Steps that made none because of their numbers.</param>
/// <param name="SlotsBefore">Updates that the slots had seen when the job took them over from another, less those that it counts and they have not.</param>
public readonly record struct Progress(
    long PhaseStart = 0,
    long EpochExamples = 0,
    double EpochCorrect = 0,
    int Batch = 0,
    NoiseScale Noise = default,
    long StatisticsSteps = 0,
    SkipTally Skips = default,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long SlotsBefore = 0)
{
    /// <summary>Steps that trained up to <paramref name="version"/>, the skipped ones too: what schedules and the length of the job count.</summary>
    public long Updates(long version) => version - StatisticsSteps;

    /// <summary>Those that changed the optimizer's slots.</summary>
    public long SlotAge(long version) => Updates(version) - Skips.Steps + SlotsBefore;

    /// <summary>The progress of a job whose slots have seen <paramref name="updates"/> at <paramref name="version"/>.</summary>
    public Progress WithSlotAge(long version, long updates) => this with { SlotsBefore = SlotsBefore + updates - SlotAge(version) };
}
