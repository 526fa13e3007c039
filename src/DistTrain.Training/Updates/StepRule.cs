using DistTrain.Optimization.Optimizers;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Training.Phases;
using DistTrain.Training.Steps;

namespace DistTrain.Training.Updates;

/// <summary>
/// What a job says of its updates before any number is known: the rule that steps, and which norms over the whole gradient it, the judge and the
/// course of training need. Immutable.
/// </summary>
/// <param name="spec">The job.</param>
/// <param name="course">Its course.</param>
/// <param name="judge">Whether its steps are taken.</param>
public sealed class StepRule(TrainingSpec spec, Course course, StepJudge judge)
{
    private readonly IOptimizer<float>? _refiner = spec.AveragingPlan.Alone?.NewOptimizer();

    public IOptimizer<float> Optimizer { get; } = spec.Probe is not null ? new Standstill() : OptimizerCatalog.Find(spec.Optimizer.Name)!.Create<float>(spec.Optimizer.Options);

    /// <summary>Largest norm of the whole averaged gradient; 0: no limit.</summary>
    public double ClipNorm { get; } = OptimizerCatalog.Find(spec.Optimizer.Name)!.ClipNormOf(spec.Optimizer.Options);

    /// <summary>The optimizer of steps shared so: ranks that refine on their own have one of their own.</summary>
    public IOptimizer<float> OptimizerOf(Sharing sharing) => sharing == Sharing.Alone ? _refiner! : Optimizer;

    /// <summary>True when a bucket may be stepped as soon as it is complete: nothing of the update spans buckets.</summary>
    public bool StepsAtOnce(OpenStep open) =>
        open.Kind == StepKind.Statistics || open.Sharing == Sharing.Alone || (spec.Probe is null && ClipNorm == 0 && Optimizer.Norms == 0 && !course.MeasuresNoise && !judge.Judges(open));

    /// <summary>The noise of the gradients is measured in this step.</summary>
    public bool MeasuresNoise(OpenStep open) => course.MeasuresNoise && open.Sharing == Sharing.Together;

    /// <summary>Something asks for the norm of the averaged gradient: clipping, the noise or the judge.</summary>
    public bool NeedsNorm(OpenStep open) => ClipNorm > 0 || MeasuresNoise(open) || judge.Judges(open);

    /// <summary>Something asks for the norm of each rank's gradient: the noise or the judge.</summary>
    public bool NeedsRankNorms(OpenStep open) => MeasuresNoise(open) || judge.FindsOutliers(open);

    /// <summary>The factor that brings the whole gradient's norm down to the limit; 1 when it is below, or when there is none.</summary>
    public double GradientScale(in StepNorms norms)
    {
        var norm = Math.Sqrt(norms.AverageSquare);
        return ClipNorm > 0 && norm > ClipNorm ? ClipNorm / norm : 1;
    }

    /// <summary>When the step is, for the optimizer.</summary>
    /// <param name="open">The step.</param>
    /// <param name="gradientScale">Of <see cref="GradientScale"/>.</param>
    public UpdateTime TimeOf(OpenStep open, double gradientScale = 1) =>
        new(open.SlotAge, open.Rate, open.PreviousRate, course.EpochsAt(open.Position), gradientScale);

    /// <summary>A probe updates no weights, and gathers nothing for it.</summary>
    private sealed class Standstill : IOptimizer<float>
    {
        public int Slots => 0;

        public void Step(in PieceStep<float> piece, ReadOnlySpan<double> norms) => throw new InvalidOperationException("a probe steps no weights");
    }
}
