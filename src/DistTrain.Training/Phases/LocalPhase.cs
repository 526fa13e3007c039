using DistTrain.Optimization.Averaging;
using DistTrain.Optimization.Order;
using DistTrain.Protocol;
using DistTrain.Training.Steps;

namespace DistTrain.Training.Phases;

/// <summary>Each rank steps a replica of its own by its share of each batch; data and schedule go on as before.</summary>
internal sealed class LocalPhase(CourseTerms terms, LocalTraining local)
{
    /// <summary>It begins with the job.</summary>
    public bool IsFirst => local.StartEpoch == 0;

    /// <summary>The first step, where synchronous training has come to it; null: not yet.</summary>
    public OpenStep? BeginAt(long version, Position position, Progress progress, ref string? note)
    {
        if (position.Cursor != 0 || position.Epoch < local.StartEpoch)
            return null;
        note = $"local steps from epoch {position.Epoch} on, averaged every {local.EverySteps}";
        var first = Step(version, position with { Phase = 1 }, new Progress(PhaseStart: version, Batch: progress.Batch, StatisticsSteps: progress.StatisticsSteps, SlotsBefore: progress.SlotsBefore));
        return first with { Evaluate = terms.IsEvaluated(position) };
    }

    public OpenStep Step(long version, Position position, Progress progress)
    {
        var step = terms.Step(version, position, progress);
        var done = version + 1 - progress.PhaseStart;
        return step with
        {
            Sharing = Sharing.Local,
            SlotAge = progress.SlotAge(version),
            Averages = done % local.EverySteps == 0 || terms.IsOver(progress.Updates(version + 1), position.Advance(step.Take, terms.TrainExamples)),
        };
    }
}
