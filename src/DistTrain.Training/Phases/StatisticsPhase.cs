using DistTrain.Optimization.Order;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Training.Steps;

namespace DistTrain.Training.Phases;

/// <summary>
/// Steps over the whole training set without an update: where weights were averaged, BatchNorm's statistics are taken anew; so they are before each
/// evaluation if the job asks for it. Those of the inputs are taken in the first step.
/// </summary>
/// <param name="terms">The job's.</param>
/// <param name="hasStatistics">True when the model has BatchNorm statistics.</param>
internal sealed class StatisticsPhase(CourseTerms terms, bool hasStatistics)
{
    /// <summary>They are taken anew before each evaluation.</summary>
    public bool Recomputes { get; } = hasStatistics && terms.Spec.BatchNorm.Evaluation == BatchNormEvaluations.Recompute;

    /// <summary>They are taken anew at the end.</summary>
    public bool EndsJob => hasStatistics && (!terms.Averaging.IsNone || Recomputes);

    /// <summary>Those of the inputs are taken at the start.</summary>
    public bool BeginsJob { get; } = terms.Spec.Dataset.Normalize != InputNormalizations.None;

    /// <summary>Such steps of the whole job.</summary>
    public long Steps => (EndsJob ? 1 : 0) + (BeginsJob ? 1 : 0) + EvaluationsUnderWay;

    /// <summary>Evaluations before the last one that statistics are taken for.</summary>
    private long EvaluationsUnderWay => !Recomputes || !terms.HasEvaluation || terms.Spec.Evaluation.EveryEpochs == 0 ? 0 : (Epochs - 1) / terms.Spec.Evaluation.EveryEpochs;

    private int Epochs => terms.Spec.Epochs
        ?? (int)Math.Min(int.MaxValue, Position.After(terms.Rates.TotalSteps - 1, terms.Spec.Batch, terms.TrainExamples).Epoch + 1);

    public OpenStep Step(long version, Position position, Progress progress) =>
        new(version, position, terms.TrainExamples, Evaluate: false, Rate: 0) { Kind = StepKind.Statistics, Progress = progress };
}
