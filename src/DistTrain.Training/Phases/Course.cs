using System.Globalization;
using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Order;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Training.Steps;

namespace DistTrain.Training.Phases;

/// <summary>
/// The course of training: from a closed step to the next. Every server follows it by itself from what all of them see, so they agree without
/// asking each other, and a step is a function of the job and of the steps before it. Each phase has a file; what an averaging makes of a job, its own.
/// <code>
/// none, swa     together ───────────────────────────────────────────────▶ end         swa: the mean of some versions takes the last one's place
/// swap          together ──▶ alone, a replica each ──────── average ──▶ (statistics) ─▶ end
/// post-local    together ──▶ local, a replica each, averaged every few ─▶ (statistics) ─▶ end
/// </code>
/// </summary>
public sealed class Course
{
    /// <summary>The phase behind the last step that trains.</summary>
    private const int AveragedPhase = 2;

    private readonly CourseTerms _terms;
    private readonly TogetherPhase _together;
    private readonly LocalPhase? _local;
    private readonly AlonePhase? _alone;
    private readonly StatisticsPhase _statistics;

    /// <param name="spec">The job.</param>
    /// <param name="trainExamples">Size of the training set.</param>
    /// <param name="testExamples">Size of the test set.</param>
    /// <param name="hasStatistics">True when the model has BatchNorm statistics.</param>
    public Course(TrainingSpec spec, int trainExamples, int testExamples, bool hasStatistics)
    {
        _terms = new CourseTerms(spec, trainExamples, testExamples);
        _together = new TogetherPhase(_terms);
        _local = _terms.Averaging.Local is { } local ? new LocalPhase(_terms, local) : null;
        _alone = _terms.Averaging.Alone is { } alone ? new AlonePhase(_terms, alone) : null;
        _statistics = new StatisticsPhase(_terms, hasStatistics);
        MeasuresNoise = spec.BatchPlan.Following is not null || spec.Scaling.MeasuresGain;
        NoiseSmoothing = spec.BatchPlan.Following?.Smoothing ?? NoiseScale.Smoothing;
    }

    /// <summary>Updates of the whole job; at most, when a phase ends by what is learned.</summary>
    public long TotalSteps => _terms.Rates.TotalSteps + (_alone?.Steps ?? 0) + _statistics.Steps;

    /// <summary>True when ranks come to have replicas of their own.</summary>
    public bool HasReplicas => _terms.Averaging.HasReplicas;

    /// <summary>True when a running mean of versions is kept.</summary>
    public bool KeepsMean => _terms.Averaging.Mean is not null;

    /// <summary>True when steps depend on the gradients' noise: a pass over the servers for each step.</summary>
    public bool MeasuresNoise { get; }

    /// <summary>Share of the noise's running means that is kept at each step.</summary>
    public double NoiseSmoothing { get; }

    private bool FindsOutliers => _terms.Spec.Numerics.OutlierFactor > 0;

    /// <summary>The first step of the job.</summary>
    public OpenStep First() => First(default);

    /// <summary>The first step of a job that starts from what another has saved.</summary>
    /// <param name="saved">The step that waited there.</param>
    /// <param name="keepsSlots">Its slots are taken over.</param>
    /// <param name="keepsPosition">The job goes on where it stood, which <see cref="WhyNotAt"/> allows.</param>
    public OpenStep First(OpenStep saved, bool keepsSlots, bool keepsPosition)
    {
        var slotAge = keepsSlots ? saved.Progress.SlotAge(saved.Version) : 0;
        var first = keepsPosition && saved.Version > 0
            ? GoingOn(saved, saved.Progress.WithSlotAge(saved.Version, slotAge))
            : First(default(Progress).WithSlotAge(0, slotAge));
        // Where the checkpoint's last step left no rate, nothing was gathered at one.
        return first with { PreviousRate = slotAge > 0 && saved.PreviousRate > 0 ? saved.PreviousRate : first.Rate };
    }

    /// <summary>Why the job can't go on where another has stopped, in words for the user; null: it can.</summary>
    public string? WhyNotAt(OpenStep saved)
    {
        var (version, position) = (saved.Version, saved.Position);
        var place = FormattableString.Invariant($"step {version}, after {EpochsAt(position):0.###} epochs");
        if (position.Cursor >= _terms.TrainExamples)
            return $"it stands at example {position.Cursor} of an epoch, and the training set has {_terms.TrainExamples}";
        if (_terms.IsOver(saved.Progress.Updates(version), position))
            return $"it stands at {place}, and there the job is over; give more {(_terms.Spec.Steps is null ? "epochs" : "steps")}";
        if (_terms.Averaging.Local is { } local && EpochsAt(position) > local.StartEpoch)
            return $"it stands at {place}, and local steps begin before, at epoch {local.StartEpoch}; raise averaging.startEpoch";
        return _terms.Averaging.Mean is { } mean && position.Epoch >= mean.StartEpoch
            ? $"it stands at {place}, and versions are averaged from epoch {mean.StartEpoch} on, of which it has none; raise averaging.startEpoch"
            : null;
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
                return End(version, closed.Position, default) with { PreviousRate = closed.PreviousRate };
            var trained = AfterTogether(version, closed.Position, closed.Progress with { StatisticsSteps = closed.Progress.StatisticsSteps + 1 }, isMeasured: true, ref note);
            return AtEpochStart(trained with { PreviousRate = trained.SlotAge == 0 ? trained.Rate : closed.PreviousRate });
        }

        var position = closed.Position.Advance(closed.Take, _terms.TrainExamples);
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
            Sharing.Alone => _alone!.Next(version, position, progress) ?? Averaged(version, position),
            Sharing.Local => _terms.IsOver(progress.Updates(version), position) ? Averaged(version, position) : _local!.Step(version, position, progress),
            _ => AfterTogether(version, position, progress, isMeasured: false, ref note),
        };
        // Where the slots start anew, nothing in them was gathered at another rate; nor at that of a step that did not touch them.
        var gathered = skipped ? closed.PreviousRate : closed.Rate;
        next = next with { PreviousRate = next.SlotAge == 0 ? next.Rate : gathered };
        return next.Kind == StepKind.Statistics ? next with { PreviousRate = gathered } : AtEpochStart(next);
    }

    /// <summary>The step of each replica when the ranks part, from the step that all of them would take.</summary>
    public static OpenStep OfReplica(OpenStep open, int rank) =>
        open.Sharing == Sharing.Alone ? open with { Position = open.Position with { Group = rank } } : open;

    /// <summary>Fractional epochs done at <paramref name="position"/>.</summary>
    public double EpochsAt(Position position) => position.EpochsDone(_terms.TrainExamples);

    private OpenStep First(Progress progress)
    {
        var start = Position.Start();
        if (_statistics.BeginsJob)
            return _statistics.Step(0, start, progress);
        return _local is { IsFirst: true } ? _local.Step(0, start, progress) : _together.Step(0, start, progress);
    }

    private OpenStep GoingOn(OpenStep saved, Progress progress)
    {
        string? note = null;
        var next = AfterTogether(saved.Version, saved.Position, progress, isMeasured: saved.Kind != StepKind.Statistics, ref note);
        return next.Kind == StepKind.Statistics ? next : AtEpochStart(next);
    }

    private static OpenStep AtEpochStart(OpenStep next) =>
        next.Position.Cursor == 0 ? next with { Progress = next.Progress with { EpochExamples = 0, EpochCorrect = 0 } } : next;

    private OpenStep AfterTogether(long version, Position position, Progress progress, bool isMeasured, ref string? note)
    {
        var over = _terms.IsOver(progress.Updates(version), position);
        if (!over && _terms.Reached(position, progress) is { } accuracy)
        {
            over = true;
            note = string.Create(CultureInfo.InvariantCulture, $"training ends after {position.Epoch} epoch(s) with train accuracy {accuracy:P2}");
        }

        if (_statistics.Recomputes && !isMeasured && !over && _terms.IsEvaluated(position))
            return _statistics.Step(version, position, progress);
        if (_alone?.BeginAt(version, position, progress, over, ref note) is { } alone)
            return alone;
        if (!over)
            return _local?.BeginAt(version, position, progress, ref note) ?? _together.Step(version, position, progress);
        return KeepsMean || _statistics.Recomputes ? Averaged(version, position) : End(version, position, progress);
    }

    private Progress WithNoise(Progress progress, long version, in StepOutcome outcome)
    {
        var following = _terms.Spec.BatchPlan.Following;
        progress = progress with { Noise = progress.Noise.With(outcome.AverageSquare, outcome.Shares, NoiseSmoothing) };
        if (following is null)
            return progress;
        var batch = progress.Batch == 0 ? _terms.Spec.Batch : progress.Batch;
        var isDue = version % following.EverySteps == 0;
        return progress with { Batch = isDue ? Math.Max(_terms.Spec.Workers, following.Next(batch, progress.Noise.Scale)) : batch };
    }

    /// <summary>The step from an averaged version: its statistics, or the end.</summary>
    private OpenStep Averaged(long version, Position position)
    {
        var together = position with { Phase = AveragedPhase, Group = 0 };
        return _statistics.EndsJob
            ? _statistics.Step(version, together with { Cursor = 0 }, default)
            : End(version, together, default);
    }

    /// <summary>The end; what a job that starts from here with its slots has to know of them stands in the progress.</summary>
    private OpenStep End(long version, Position position, Progress progress) =>
        new(version, position, Take: 0, Evaluate: _terms.HasEvaluation, Rate: 0) { Progress = progress };
}
