using DistTrain.Optimization.Averaging;
using DistTrain.Optimization.Batches;
using DistTrain.Optimization.Scaling;
using DistTrain.Optimization.Schedules;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Training.Steps;
using Position = DistTrain.Optimization.Order.Position;

namespace DistTrain.Training.Phases;

/// <summary>
/// The course of training: from a closed step to the next. Every server follows it by itself from what all of them see, so they agree without
/// asking each other, and a step is a function of the job and of the steps before it.
/// <code>
/// none, swa     together ───────────────────────────────────────────────▶ end         swa: the mean of some versions takes the last one's place
/// swap          together ──▶ alone, a replica each ──────── average ──▶ (statistics) ─▶ end
/// post-local    together ──▶ local, a replica each, averaged every few ─▶ (statistics) ─▶ end
/// </code>
/// Statistics: a step over the whole training set without an update. Where weights were averaged, BatchNorm's are taken anew; so they are before
/// each evaluation if the job asks for it. Those of the inputs are taken in the first step.
/// </summary>
public sealed class Course
{
    /// <summary>Share of the running means of the noise that AdaScale keeps at each step.</summary>
    private const double AdaScaleSmoothing = 0.95;

    /// <summary>The phase behind the last step that trains.</summary>
    private const int AveragedPhase = 2;

    private readonly TrainingSpec _spec;
    private readonly int _trainExamples;
    private readonly int _testExamples;
    private readonly bool _hasStatistics;
    private readonly RateCurve _rates;
    private readonly long _togetherSteps;
    private readonly long _aloneSteps;

    /// <param name="spec">The job.</param>
    /// <param name="trainExamples">Size of the training set.</param>
    /// <param name="testExamples">Size of the test set.</param>
    /// <param name="hasStatistics">True when the model has BatchNorm statistics.</param>
    public Course(TrainingSpec spec, int trainExamples, int testExamples, bool hasStatistics)
    {
        (_spec, _trainExamples, _testExamples, _hasStatistics) = (spec, trainExamples, testExamples, hasStatistics);
        _rates = JobRates.Curve(spec, trainExamples);
        _togetherSteps = _rates.TotalSteps;
        _aloneSteps = Averaging == Swap.PolicyName ? Option("epochs") * Position.StepsInEpoch((int)Option("batch"), trainExamples) : 0;
    }

    /// <summary>Updates of the whole job; at most, when a phase ends by what is learned.</summary>
    public long TotalSteps => _togetherSteps + _aloneSteps + (TakesStatistics ? 1 : 0) + (NormalizesInputs ? 1 : 0) + EvaluationsUnderWay;

    /// <summary>True when ranks come to have replicas of their own.</summary>
    public bool HasReplicas => Averaging is Swap.PolicyName or PostLocal.PolicyName;

    /// <summary>True when a running mean of versions is kept.</summary>
    public bool KeepsMean => Averaging == Swa.PolicyName;

    /// <summary>True when the gradients' noise is measured: a pass over the sums, and one over the servers, for each step.</summary>
    public bool MeasuresNoise => _spec.BatchPlan.Policy?.Name == BatchByNoise.PolicyName || _spec.Scaling.Rule == ScalingRules.AdaScale;

    private bool FindsOutliers => _spec.Numerics.OutlierFactor > 0;

    private string Averaging => _spec.Averaging.Name;

    private bool TakesStatistics => _hasStatistics && (Averaging != NoAveraging.PolicyName || Recomputes);

    private bool Recomputes => _hasStatistics && _spec.BatchNorm.Evaluation == BatchNormEvaluations.Recompute;

    private bool NormalizesInputs => _spec.Dataset.Normalize != InputNormalizations.None;

    /// <summary>Evaluations before the last one that statistics are taken for.</summary>
    private long EvaluationsUnderWay => !Recomputes || _testExamples == 0 || _spec.Evaluation.EveryEpochs == 0
        ? 0
        : ((_spec.Epochs ?? (int)Math.Min(int.MaxValue, Position.After(_togetherSteps - 1, _spec.Batch, _trainExamples).Epoch + 1)) - 1) / _spec.Evaluation.EveryEpochs;

    /// <summary>The first step of the job.</summary>
    public OpenStep First()
    {
        var start = Position.Start();
        if (NormalizesInputs)
            return Statistics(0, start, default);
        return Averaging == PostLocal.PolicyName && Option("startEpoch") == 0 ? Local(0, start, default) : Together(0, start, default);
    }

    /// <summary>The step after <paramref name="closed"/>.</summary>
    /// <param name="closed">The step that has closed.</param>
    /// <param name="outcome">What it brought.</param>
    /// <param name="note">What the user should know of the change, or null.</param>
    public OpenStep Next(OpenStep closed, in StepOutcome outcome, out string? note)
    {
        note = null;
        var version = closed.Version + 1;
        if (closed.Kind == StepKind.Statistics)
        {
            if (closed.Position.Phase == AveragedPhase)
                return End(version, closed.Position);
            var trained = AfterTogether(version, closed.Position, closed.Progress with { StatisticsSteps = closed.Progress.StatisticsSteps + 1 }, isMeasured: true, ref note);
            return AtEpochStart(trained with { PreviousRate = trained.SlotAge == 0 ? trained.Rate : closed.PreviousRate });
        }

        var position = closed.Position.Advance(closed.Take, _trainExamples);
        var progress = closed.Progress with
        {
            EpochExamples = closed.Progress.EpochExamples + closed.Take,
            EpochCorrect = closed.Progress.EpochCorrect + outcome.Correct,
            Skips = closed.Progress.Skips.After(outcome.Verdict, FindsOutliers ? Math.Sqrt(outcome.AverageSquare) : null),
        };
        var skipped = outcome.Verdict.IsSkip;
        if (skipped)
            note = $"step {closed.Version} makes no update: {outcome.Verdict.Reason}; {progress.Skips.Steps} step(s) skipped so far";
        if (MeasuresNoise && !skipped)
            progress = WithNoise(progress, version, outcome);
        var next = closed.Sharing switch
        {
            Sharing.Alone => AfterAlone(version, position, progress),
            Sharing.Local => IsOver(progress.Updates(version), position) ? Averaged(version, position) : Local(version, position, progress),
            _ => AfterTogether(version, position, progress, isMeasured: false, ref note),
        };
        // Where the slots start anew, nothing in them was gathered at another rate; nor at that of a step that did not touch them.
        var gathered = skipped ? closed.PreviousRate : closed.Rate;
        next = next with { PreviousRate = next.Take == 0 || next.SlotAge == 0 ? next.Rate : gathered };
        return next.Kind == StepKind.Statistics ? next with { PreviousRate = gathered } : AtEpochStart(next);
    }

    private static OpenStep AtEpochStart(OpenStep next) =>
        next.Position.Cursor == 0 ? next with { Progress = next.Progress with { EpochExamples = 0, EpochCorrect = 0 } } : next;

    /// <summary>The step of each replica when the ranks part, from the step that all of them would take.</summary>
    public static OpenStep OfReplica(OpenStep open, int rank) =>
        open.Sharing == Sharing.Alone ? open with { Position = open.Position with { Group = rank } } : open;

    /// <summary>Fractional epochs done at <paramref name="position"/>.</summary>
    public double EpochsAt(Position position) => position.EpochsDone(_trainExamples);

    private OpenStep AfterTogether(long version, Position position, Progress progress, bool isMeasured, ref string? note)
    {
        var over = IsOver(progress.Updates(version), position);
        if (Recomputes && !isMeasured && !over && IsEvaluated(position))
            return Statistics(version, position, progress);
        var epochEnds = position.Cursor == 0;
        switch (Averaging)
        {
            case Swap.PolicyName when epochEnds && (over || AccuracyOf(progress) >= _spec.Averaging.Options.Number("trainAccuracy")):
                var reached = AccuracyOf(progress) >= _spec.Averaging.Options.Number("trainAccuracy");
                note = $"phase 1 ended after {position.Epoch} epoch(s) with train accuracy {AccuracyOf(progress):P2}; "
                    + (reached ? "the ranks refine on their own" : $"{_spec.Averaging.Options.Number("trainAccuracy"):P2} was not reached: raise epochs, or lower averaging.trainAccuracy");
                return Alone(version, position with { Phase = 1 }, new Progress(PhaseStart: version, StatisticsSteps: progress.StatisticsSteps)) with { Evaluate = _testExamples > 0 };
            case PostLocal.PolicyName when !over && epochEnds && position.Epoch >= Option("startEpoch"):
                note = $"local steps from epoch {position.Epoch} on, averaged every {Option("everySteps")}";
                var local = Local(version, position with { Phase = 1 }, new Progress(PhaseStart: version, Batch: progress.Batch, StatisticsSteps: progress.StatisticsSteps));
                return local with { Evaluate = IsEvaluated(position) };
            default:
                return !over ? Together(version, position, progress) : KeepsMean || Recomputes ? Averaged(version, position) : End(version, position);
        }
    }

    private Progress WithNoise(Progress progress, long version, in StepOutcome outcome)
    {
        var policy = _spec.BatchPlan.Policy is { Name: BatchByNoise.PolicyName } auto ? auto.Options : null;
        progress = progress with { Noise = progress.Noise.With(outcome.AverageSquare, outcome.Shares, policy?.Number("smoothing") ?? AdaScaleSmoothing) };
        if (policy is null)
            return progress;
        var batch = progress.Batch == 0 ? _spec.Batch : progress.Batch;
        var isDue = version % policy.Whole("everySteps") == 0;
        return progress with { Batch = isDue ? Math.Max(_spec.Workers, BatchByNoise.Next(policy, batch, progress.Noise.Scale)) : batch };
    }

    /// <summary>Examples in a full step of synchronous training.</summary>
    private int BatchAt(int epoch, Progress progress) => _spec.BatchPlan.Policy switch
    {
        { Name: BatchByNoise.PolicyName } when progress.Batch > 0 => progress.Batch,
        _ => JobRates.BatchOf(_spec, epoch),
    };

    private OpenStep AfterAlone(long version, Position position, Progress progress) =>
        version - progress.PhaseStart == _aloneSteps ? Averaged(version, position) : Alone(version, position, progress);

    private OpenStep Together(long version, Position position, Progress progress)
    {
        var take = position.Take(BatchAt(position.Epoch, progress), _trainExamples);
        var step = new OpenStep(version, position, take, IsEvaluated(position), RateAt(version, position, take, progress))
        {
            SlotAge = progress.SlotAge(version),
            Progress = progress,
        };
        if (!KeepsMean)
            return step;
        var after = position.Advance(take, _trainExamples);
        var ends = IsOver(progress.Updates(version + 1), after);
        var (epochs, every) = (after.Epoch - Option("startEpoch"), Option("everyEpochs"));
        // The last version counts also where it ends none of the every-th epochs.
        var counts = after.Cursor == 0 && epochs >= 0 && (ends || epochs % every == 0);
        return step with { Sample = counts ? ((epochs + every - 1) / every) + 1 : 0, EndsWithMean = ends };
    }

    private OpenStep Local(long version, Position position, Progress progress)
    {
        var take = position.Take(BatchAt(position.Epoch, progress), _trainExamples);
        var done = version + 1 - progress.PhaseStart;
        return new OpenStep(version, position, take, Evaluate: false, RateAt(version, position, take, progress))
        {
            Sharing = Sharing.Local,
            SlotAge = progress.Updates(version),
            Averages = done % Option("everySteps") == 0 || IsOver(progress.Updates(version + 1), position.Advance(take, _trainExamples)),
            Progress = progress,
        };
    }

    private OpenStep Alone(long version, Position position, Progress progress)
    {
        var done = version - progress.PhaseStart;
        var rate = _spec.Averaging.Options.Number("lr") * (1 - ((double)done / _aloneSteps));
        return new OpenStep(version, position, position.Take((int)Option("batch"), _trainExamples), Evaluate: false, rate)
        {
            Sharing = Sharing.Alone,
            SlotAge = done,
            Averages = done + 1 == _aloneSteps,
            Progress = progress,
        };
    }

    /// <summary>The step from an averaged version: its statistics, or the end.</summary>
    private OpenStep Averaged(long version, Position position)
    {
        var together = position with { Phase = AveragedPhase, Group = 0 };
        return TakesStatistics
            ? Statistics(version, together with { Cursor = 0 }, default)
            : End(version, together);
    }

    private OpenStep Statistics(long version, Position position, Progress progress) =>
        new(version, position, _trainExamples, Evaluate: false, Rate: 0) { Kind = StepKind.Statistics, Progress = progress };

    private OpenStep End(long version, Position position) => new(version, position, Take: 0, Evaluate: _testExamples > 0, Rate: 0);

    private bool IsOver(long updates, Position position) =>
        _spec.Steps is { } steps ? updates >= steps : position.Epoch >= _spec.Epochs;

    private bool IsEvaluated(Position position) =>
        _testExamples > 0
        && position is { Cursor: 0, Epoch: > 0 }
        && _spec.Evaluation.EveryEpochs > 0
        && position.Epoch % _spec.Evaluation.EveryEpochs == 0;

    private double RateAt(long version, Position position, int take, Progress progress)
    {
        var gain = _spec.Scaling.Rule == ScalingRules.AdaScale ? progress.Noise.Gain(_spec.Workers) : 1;
        return gain * _rates.RateAt(progress.Updates(version), position, take);
    }

    private long Option(string name) => _spec.Averaging.Options.Whole(name);

    private static double AccuracyOf(Progress progress) => (double)progress.EpochCorrect / progress.EpochExamples;
}
