using System.Globalization;
using DistTrain.Optimization.Averaging;
using DistTrain.Optimization.Order;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.Protocol;
using DistTrain.Recipes;

namespace DistTrain.Cli.Verification;

/// <summary>
/// Checks a committed history against its job, event by event: steps 1 to N are there once and in order; each starts where the one before
/// ended, so that an epoch has every example exactly once; every rank's digest is that of its slice of the epoch's order; the job is
/// at its end. The servers' own course of training is not asked: what it got wrong is to be found.
/// </summary>
/// <param name="spec">The job.</param>
/// <param name="trainExamples">Size of the training set.</param>
/// <param name="start">Where it began, if not at step 0.</param>
internal sealed class LedgerCheck(TrainingSpec spec, int trainExamples, StartFile? start = null)
{
    private readonly AveragingPlan _averaging = spec.AveragingPlan;
    private readonly ExpectedDigests _digests = new(spec, trainExamples);
    private readonly List<string> _problems = [];
    private readonly List<long> _withoutEntry = [];
    private Position _next = start?.Position ?? Position.Start();
    private long _statistics = start?.StatisticsSteps ?? 0;
    private long _generation;
    private (double Correct, long Examples) _epoch;

    /// <summary>Updates before the ranks parted to train alone; −1: they have not.</summary>
    private long _beforeParting = -1;

    /// <summary>One line each.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Number of the last step, those that took statistics counted.</summary>
    public long Steps { get; private set; } = start?.Step ?? 0;

    /// <summary>Fractional epochs done.</summary>
    public double Epochs => _next.EpochsDone(trainExamples);

    /// <summary>Examples behind the digests that were found right; those of statistics counted.</summary>
    public long Examples { get; private set; }

    private long Updates => Steps - _statistics;

    private long AloneSteps => _averaging.Alone!.Epochs * Position.StepsInEpoch(_averaging.Alone.Batch, trainExamples);

    /// <summary>The next event of the history.</summary>
    public void Add(MetricsEvent metrics)
    {
        if (metrics.EventCase is not (MetricsEvent.EventOneofCase.Step or MetricsEvent.EventOneofCase.Statistics))
            return;
        var step = metrics.StepNumber;
        if (!IsInOrder(step))
            return;
        Steps = step;
        if (metrics.Ledger is null)
            _withoutEntry.Add(step);
        var entry = metrics.Ledger ?? new LedgerEntry { Phase = _next.Phase, Generation = _generation };
        CheckGeneration(step, entry.Generation);
        if (metrics.Statistics is not null)
        {
            _statistics++;
            // Over the whole training set, in the order of the epoch at hand; the place in the data stays.
            var all = new Taken(entry.Phase, _next.Epoch, 0, trainExamples, Sharing.Together);
            if (metrics.Ledger is not null)
                CheckEntry(step, entry, all);
            return;
        }

        if (_averaging.Alone is { } alone && _beforeParting < 0 && Parts(entry, alone.Batch))
        {
            // At the end of an epoch: also where the last step before it, or the first ones behind it, are missing.
            _beforeParting = Updates - 1 - (Math.Max(0, entry.Cursor) / alone.Batch);
            _next = _next.Cursor == 0 ? _next : _next with { Epoch = _next.Epoch + 1, Cursor = 0 };
        }

        var expected = Expected(metrics.Step!.Examples);
        var taken = metrics.Ledger is null ? expected : CheckEntry(step, entry, expected);
        CheckCount(metrics.Step, taken);
        // An epoch begins with its first step.
        _epoch = expected.Cursor == 0 ? default : _epoch;
        _epoch = (_epoch.Correct + Math.Round(metrics.Step.Accuracy * metrics.Step.Examples), _epoch.Examples + metrics.Step.Examples);
        _next = new Position(expected.Phase, taken.Epoch, taken.Cursor, Examples: 0, Group: 0).Advance(taken.Take, trainExamples);
    }

    /// <summary>The history ends here: is it all of the job's?</summary>
    public void End()
    {
        if (_withoutEntry.Count > 0)
            _problems.Add($"{_withoutEntry.Count} of {Steps} steps have no entry in the ledger, the first of them is step {_withoutEntry[0]}");
        var (isOver, length) = _averaging.Alone is not null
            ? (_beforeParting >= 0 && Updates - _beforeParting == AloneSteps, $"{AloneSteps} steps of each rank alone after those together")
            : spec.Steps is { } steps
                ? (Updates == steps, $"{steps} updates")
                : (_next.Cursor == 0 && _next.Epoch == spec.Epochs, $"{spec.Epochs} epochs");
        if (spec.TrainAccuracy is { } wanted)
        {
            isOver |= _next.Cursor == 0 && _epoch.Examples > 0 && _epoch.Correct / _epoch.Examples >= wanted;
            length += string.Create(CultureInfo.InvariantCulture, $", or those to a train accuracy of {wanted}");
        }

        if (!isOver)
            _problems.Add($"the job's length is {length}; the history ends with step {Steps}, after {Updates} updates and {Epochs:0.###} epochs");
    }

    private bool IsInOrder(long step)
    {
        if (step <= Steps)
        {
            _problems.Add($"step {step} comes after step {Steps}; expected step {Steps + 1}, each step once and in order");
            return false;
        }

        if (step > Steps + 1)
            _problems.Add($"{(step == Steps + 2 ? $"step {Steps + 1} is" : $"steps {Steps + 1} to {step - 1} are")} missing: step {step} comes after step {Steps}");
        return true;
    }

    private void CheckGeneration(long step, long generation)
    {
        if (generation < _generation)
            _problems.Add($"step {step} was committed by generation {generation}, expected {_generation} or later: that of the step before");
        _generation = Math.Max(_generation, generation);
    }

    /// <summary>
    /// True when the ranks train alone from this step on: with the end of an epoch that was accurate enough, at the latest of the last one. Of
    /// phase, sharing and digests two have to say so: one of them may be wrong.
    /// </summary>
    private bool Parts(LedgerEntry entry, int batch)
    {
        var alone = new Taken(1, _next.Epoch, _next.Cursor, _next.Take(batch, trainExamples), Sharing.Alone);
        var saying = (entry.Phase == 1 ? 1 : 0) + (entry.Sharing == Sharing.Alone ? 1 : 0) + (_digests.Bear(alone, entry.Digests) ? 1 : 0);
        return saying >= 2 || _next.Epoch >= spec.Epochs;
    }

    /// <summary>The examples that an updating step has to take.</summary>
    /// <param name="counted">How many it took by its figures: not known beforehand where the noise decides the batch.</param>
    private Taken Expected(int counted)
    {
        var (phase, sharing) = _averaging switch
        {
            { Alone: not null } when _beforeParting >= 0 => (1, Sharing.Alone),
            { Local: { } local } when _next.Epoch >= local.StartEpoch => (local.StartEpoch == 0 ? 0 : 1, Sharing.Local),
            _ => (0, Sharing.Together),
        };
        var batch = sharing == Sharing.Alone ? _averaging.Alone!.Batch
            : spec.BatchPlan.Following is not null ? Math.Max(1, counted)
            : spec.BatchPlan.At(_next.Epoch);
        return new Taken(phase, _next.Epoch, _next.Cursor, _next.Take(batch, trainExamples), sharing);
    }

    /// <returns>What the step really took, as far as it can be known: where entry and expectation differ, the one that the digests bear out.</returns>
    private Taken CheckEntry(long step, LedgerEntry entry, in Taken expected)
    {
        var stated = Taken.Of(entry);
        var taken = expected;
        if (stated != expected)
        {
            _problems.Add($"step {step} took {stated}; expected {expected}");
            if (stated.IsPossible(trainExamples) && _digests.Bear(stated, entry.Digests))
                taken = stated;
        }

        if (entry.Digests.Count != spec.Workers)
            _problems.Add($"step {step} has digests of {entry.Digests.Count} ranks, expected {spec.Workers}");
        for (var rank = 0; rank < Math.Min(entry.Digests.Count, spec.Workers); rank++)
            CheckDigest(step, rank, taken, entry.Digests[rank]);
        return taken;
    }

    private void CheckDigest(long step, int rank, in Taken taken, ulong found)
    {
        var expected = _digests.Of(taken, rank);
        var share = _digests.ShareOf(taken, rank);
        if (found == expected)
        {
            Examples += share.Count;
            return;
        }

        var whose = string.Empty;
        for (var other = 0; other < spec.Workers && whose.Length == 0; other++)
        {
            if (_digests.Of(taken, other) == found)
                whose = $", that of rank {other}";
        }

        _problems.Add(
            $"step {step}, rank {rank}: the digest of its examples is {found:x16}{whose}; expected {expected:x16}, "
            + $"that of {share.Count} examples from {taken.Cursor + share.Start} in the order of epoch {taken.Epoch}");
    }

    private void CheckCount(StepMetrics step, in Taken taken)
    {
        var expected = taken.Sharing == Sharing.Alone ? (long)taken.Take * spec.Workers : taken.Take;
        if (step.Examples != expected)
            _problems.Add($"step {step.Step} counts {step.Examples} examples, expected {expected}");
    }
}
