using DistTrain.Optimization.Order;
using DistTrain.Training.Steps;

namespace DistTrain.Training.Phases;

/// <summary>Synchronous training: all ranks train one replica.</summary>
internal sealed class TogetherPhase(CourseTerms terms)
{
    public OpenStep Step(long version, Position position, Progress progress)
    {
        var step = terms.Step(version, position, progress) with { Evaluate = terms.IsEvaluated(position), SlotAge = progress.SlotAge(version) };
        if (terms.Averaging.Mean is not { } mean)
            return step;
        var after = position.Advance(step.Take, terms.TrainExamples);
        var ends = terms.IsOver(progress.Updates(version + 1), after);
        return step with { Sample = after.Cursor == 0 ? mean.SampleAt(after.Epoch, ends) : 0, EndsWithMean = ends };
    }
}
