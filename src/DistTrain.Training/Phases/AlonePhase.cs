using DistTrain.Optimization.Averaging;
using DistTrain.Optimization.Order;
using DistTrain.Protocol;
using DistTrain.Training.Steps;

namespace DistTrain.Training.Phases;

/// <summary>Each rank refines a replica of its own, over its own order of all the data; at the end they are averaged.</summary>
internal sealed class AlonePhase(CourseTerms terms, AloneTraining alone)
{
    /// <summary>How long it is.</summary>
    public long Steps { get; } = alone.Epochs * Position.StepsInEpoch(alone.Batch, terms.TrainExamples);

    /// <summary>The first step, where synchronous training has come to it: accurate enough, or at its end; null: not yet.</summary>
    public OpenStep? BeginAt(long version, Position position, Progress progress, bool isOver, ref string? note)
    {
        var accuracy = progress.EpochCorrect / progress.EpochExamples;
        var isReached = accuracy >= alone.TrainAccuracy;
        if (position.Cursor != 0 || !(isOver || isReached))
            return null;
        note = $"phase 1 ended after {position.Epoch} epoch(s) with train accuracy {accuracy:P2}; "
            + (isReached ? "the ranks refine on their own" : $"{alone.TrainAccuracy:P2} was not reached: raise epochs, or lower averaging.trainAccuracy");
        var first = Step(version, position with { Phase = 1 }, new Progress(PhaseStart: version, StatisticsSteps: progress.StatisticsSteps));
        return first with { Evaluate = terms.HasEvaluation };
    }

    /// <summary>The next step; null: it was the last.</summary>
    public OpenStep? Next(long version, Position position, Progress progress) =>
        version - progress.PhaseStart == Steps ? null : Step(version, position, progress);

    private OpenStep Step(long version, Position position, Progress progress)
    {
        var done = version - progress.PhaseStart;
        return new OpenStep(version, position, position.Take(alone.Batch, terms.TrainExamples), Evaluate: false, alone.RateAt(done, Steps))
        {
            Sharing = Sharing.Alone,
            SlotAge = done,
            Averages = done + 1 == Steps,
            Progress = progress,
        };
    }
}
