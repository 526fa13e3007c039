using CsCheck;
using DistTrain.Cli.Verification;
using DistTrain.Optimization.Order;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.Protocol;

namespace DistTrain.Cli.Tests.Verification;

[Trait("Kind", "Fast")]
public sealed class LedgerCheckTests
{
    /// <summary>Whatever is done to a history of two epochs of 4 + 4 + 2 examples over three ranks, and how it is named.</summary>
    public static TheoryData<string, string[]> Alterations => new()
    {
        { "none", [] },
        { "twice", ["step 3 comes after step 3; expected step 4, each step once and in order"] },
        { "missing", ["step 2 is missing: step 3 comes after step 1", Took(3, 8, 9, 0, "examples 4 to 7 of epoch 0, together, in phase 0")] },
        { "two missing", ["steps 2 to 3 are missing: step 4 comes after step 1", Took(4, 0, 3, 1, "examples 4 to 7 of epoch 0, together, in phase 0")] },
        {
            "order",
            [
                "step 4 is missing: step 5 comes after step 3", Took(5, 4, 7, 1, "examples 0 to 3 of epoch 1, together, in phase 0"),
                "step 4 comes after step 5; expected step 6, each step once and in order",
            ]
        },
        { "end", ["the job's length is 2 epochs; the history ends with step 5, after 5 updates and 1.8 epochs"] },
        { "more", ["the job's length is 2 epochs; the history ends with step 7, after 7 updates and 2.4 epochs"] },
        { "empty", ["the job's length is 2 epochs; the history ends with step 0, after 0 updates and 0 epochs"] },
        { "cursor", [Took(2, 5, 8, 0, "examples 4 to 7 of epoch 0, together, in phase 0")] },
        { "negative cursor", [Took(2, -1, 2, 0, "examples 4 to 7 of epoch 0, together, in phase 0")] },
        { "cursor too far", [Took(2, int.MaxValue, 2147483650, 0, "examples 4 to 7 of epoch 0, together, in phase 0")] },
        {
            "really off by one",
            [
                Took(2, 5, 8, 0, "examples 4 to 7 of epoch 0, together, in phase 0"),
                Took(3, 8, 9, 0, "examples 9 to 9 of epoch 0, together, in phase 0"),
            ]
        },
        { "take", [Took(2, 4, 6, 0, "examples 4 to 7 of epoch 0, together, in phase 0")] },
        { "epoch", [Took(5, 4, 7, 0, "examples 4 to 7 of epoch 1, together, in phase 0")] },
        {
            "sharing",
            ["step 2 took examples 4 to 7 of epoch 0, each rank alone, in phase 0; expected examples 4 to 7 of epoch 0, together, in phase 0"]
        },
        { "phase", ["step 2 took examples 4 to 7 of epoch 0, together, in phase 1; expected examples 4 to 7 of epoch 0, together, in phase 0"] },
        { "a digest", ["step 2, rank 1: the digest of its examples is <found>; expected <right>, that of 1 examples from 5 in the order of epoch 0"] },
        {
            "ranks swapped",
            [
                "step 2, rank 0: the digest of its examples is <found>, that of rank 2; expected <right>, that of 1 examples from 4 in the order of epoch 0",
                "step 2, rank 2: the digest of its examples is <found>, that of rank 0; expected <right>, that of 2 examples from 6 in the order of epoch 0",
            ]
        },
        {
            "order of another epoch",
            [
                "step 5, rank 0: the digest of its examples is <found>; expected <right>, that of 1 examples from 4 in the order of epoch 1",
                "step 5, rank 1: the digest of its examples is <found>; expected <right>, that of 1 examples from 5 in the order of epoch 1",
                "step 5, rank 2: the digest of its examples is <found>; expected <right>, that of 2 examples from 6 in the order of epoch 1",
            ]
        },
        { "a rank missing", ["step 2 has digests of 2 ranks, expected 3"] },
        { "a rank more", ["step 2 has digests of 4 ranks, expected 3"] },
        { "generation", ["step 4 was committed by generation 1, expected 2 or later: that of the step before"] },
        { "count", ["step 2 counts 5 examples, expected 4"] },
        { "no entry", ["1 of 6 steps have no entry in the ledger, the first of them is step 2"] },
    };

    [Theory]
    [MemberData(nameof(Alterations))]
    public void Every_alteration_is_named(string what, params string[] expected)
    {
        var history = new ScriptedHistory(10, "workers=3", "batch=4", "epochs=2").Together(0, 2, batch: 4);
        var found = Check(history, events => Alter(history, what, events)).Problems;
        Assert.Equal(expected, found.Select(WithoutDigests));
    }

    /// <summary>Seven tenths of the second epoch are right.</summary>
    [Theory]
    [InlineData(0.7, null)]
    [InlineData(0.8, "the job's length is 5 epochs, or those to a train accuracy of 0.8; the history ends with step 6, after 6 updates and 2 epochs")]
    public void A_history_may_end_with_the_epoch_whose_train_accuracy_is_reached(double wanted, string? expected)
    {
        var history = new ScriptedHistory(10, "workers=3", "batch=4", "epochs=5", FormattableString.Invariant($"trainAccuracy={wanted}")).Together(0, 2, batch: 4);
        foreach (var (step, right) in history.Events.Select(e => e.Step).Zip([4, 4, 2, 3, 3, 1]))
            step.Accuracy = (double)right / step.Examples;
        Assert.Equal(expected is null ? [] : [expected], Check(history, _ => { }).Problems);
    }

    [Fact]
    public void A_digest_is_shown_as_found_and_as_expected()
    {
        var history = new ScriptedHistory(10, "workers=3", "batch=4", "epochs=2").Together(0, 2, batch: 4);
        var right = history.Events[1].Ledger.Digests[1];
        history.Events[1].Ledger.Digests[1] = 0xabc;
        Assert.StartsWith(
            $"step 2, rank 1: the digest of its examples is 0000000000000abc; expected {right:x16},", Assert.Single(Check(history).Problems), StringComparison.Ordinal);
    }

    /// <summary>More ranks than examples, a last step of one, one rank, several epochs.</summary>
    [Fact]
    public void A_job_of_any_size_passes_and_one_altered_digest_of_it_is_named() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[0, 12], Gen.Int[1, 30], Gen.Int[1, 3], Gen.Long[0, 9], Gen.UInt).Sample((workers, more, examples, epochs, seed, pick) =>
        {
            var batch = workers + more;
            var history = new ScriptedHistory(examples, $"workers={workers}", $"batch={batch}", $"epochs={epochs}", $"seed={seed}").Together(0, epochs, batch);
            var check = Check(history);
            Assert.Empty(check.Problems);
            Assert.Equal((history.Events.Count, (double)epochs, (long)examples * epochs), (check.Steps, check.Epochs, check.Examples));

            var (step, rank) = ((int)(pick % history.Events.Count), (int)(pick / 7 % workers));
            history.Events[step].Ledger.Digests[rank] ^= 1UL << (int)(pick % 64);
            Assert.StartsWith($"step {step + 1}, rank {rank}: ", Assert.Single(Check(history).Problems), StringComparison.Ordinal);
        });

    [Theory]
    [InlineData(5, true)]
    [InlineData(4, false)]
    [InlineData(6, false)]
    public void A_length_in_steps_may_end_within_an_epoch(int steps, bool isWhole)
    {
        var history = new ScriptedHistory(10, "workers=3", "batch=4", "steps=5").Together(0, 2, batch: 4);
        history.Events.RemoveRange(steps, 6 - steps);
        Assert.Equal(isWhole ? [] : [$"the job's length is 5 updates; the history ends with step {steps}, after {steps} updates and {(steps == 6 ? "2" : "1.4")} epochs"], Check(history).Problems);
    }

    /// <summary>The history of a job that goes on from a checkpoint begins there.</summary>
    [Theory]
    [InlineData(2, 0, true)]
    [InlineData(3, 0, false)]
    [InlineData(2, 1, false)]
    public void A_job_that_starts_elsewhere_is_followed_from_there(int step, int statistics, bool isWhole)
    {
        var history = new ScriptedHistory(10, "workers=3", "batch=4", "steps=6").Together(0, 2, batch: 4);
        history.Events.RemoveRange(0, 2);
        var start = new StartFile("runs/a", "digest", step, new Position(0, 0, 8, 8, 0), statistics);
        var check = new LedgerCheck(history.Job.Spec, history.Examples, start);
        foreach (var metrics in history.Events)
            check.Add(metrics);
        check.End();
        Assert.Equal(isWhole, check.Problems.Count == 0);
    }

    [Fact]
    public void Batches_grow_as_the_job_says()
    {
        string[] job = ["workers=3", "batch={growth: {from: 4, to: 8}}", "epochs=2"];
        Assert.Empty(Check(new ScriptedHistory(10, job).Together(0, 1, batch: 4).Together(1, 2, batch: 8)).Problems);
        Assert.StartsWith(
            "step 4 took examples 0 to 3 of epoch 1, together, in phase 0; expected examples 0 to 7 of epoch 1",
            Check(new ScriptedHistory(10, job).Together(0, 2, batch: 4)).Problems[0],
            StringComparison.Ordinal);
    }

    /// <summary>What the noise will be nobody knows beforehand; that nothing is left out or taken twice is known.</summary>
    [Fact]
    public void Batches_that_follow_the_noise_are_checked_by_what_they_took()
    {
        var history = new ScriptedHistory(10, "workers=3", "batch={auto: {from: 4, to: 8}}", "epochs=1").Take(0, 0, 0, 4).Take(0, 0, 4, 3).Take(0, 0, 7, 3);
        Assert.Empty(Check(history).Problems);
        history.Events[1].Ledger.Take = 4;
        Assert.Equal([Took(2, 4, 7, 0, "examples 4 to 6 of epoch 0, together, in phase 0")], Check(history).Problems);
    }

    [Fact]
    public void Steps_that_take_statistics_see_all_examples_and_move_nothing()
    {
        ScriptedHistory Whole() => new ScriptedHistory(10, "workers=3", "batch=4", "epochs=2", "batchNorm.evaluation=recompute")
            .Statistics(0, 0).Together(0, 1, batch: 4).Statistics(0, 1).Evaluation().Together(1, 2, batch: 4).Statistics(2, 2).Evaluation();
        var check = Check(Whole());
        Assert.Empty(check.Problems);
        Assert.Equal((9, 2.0, 50), (check.Steps, check.Epochs, check.Examples));

        Assert.Equal(["step 5 is missing: step 6 comes after step 4"], Check(Whole(), events => events.RemoveAt(4)).Problems);
        Assert.Equal(
            [Took(5, 0, 9, 0, "examples 0 to 9 of epoch 1, together, in phase 0")],
            Check(Whole(), events => events[4].Ledger.Epoch = 0).Problems);
        Assert.StartsWith("step 9, rank 2: ", Assert.Single(Check(Whole(), events => events[^2].Ledger.Digests[2]++).Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(0, 0)]
    public void Local_steps_share_the_batch(int startEpoch, int phase)
    {
        var history = new ScriptedHistory(10, "workers=3", "batch=4", "epochs=3", $"averaging={{name: post-local, startEpoch: {startEpoch}, everySteps: 2}}")
            .Together(0, startEpoch, batch: 4).Local(phase, startEpoch, 3, batch: 4).Statistics(2, 3);
        Assert.Empty(Check(history).Problems);

        Assert.Equal(
            [$"step 4 took examples 0 to 3 of epoch 1, together, in phase {phase}; expected examples 0 to 3 of epoch 1, on replicas of their own, in phase {phase}"],
            Check(history, events => events[3].Ledger.Sharing = Sharing.Together).Problems);
    }

    /// <summary>Refining begins when an epoch was accurate enough, which the ledger does not know.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Ranks_that_train_alone_read_in_orders_of_their_own(int parting)
    {
        var history = Swap(parting);
        var check = Check(history);
        Assert.Empty(check.Problems);
        // Twice all examples on each of three ranks, then once more for the statistics.
        Assert.Equal((parting + 2.0, (parting * 10) + (2 * 10 * 3) + 10), (check.Epochs, check.Examples));
    }

    public static TheoryData<string, string[]> SwapAlterations => new()
    {
        { "ranks swapped", ["step 5, rank 0: the digest of its examples is <found>, that of rank 1; expected <right>, that of 5 examples from 5 in the order of epoch 1", "step 5, rank 1: the digest of its examples is <found>, that of rank 0; expected <right>, that of 5 examples from 5 in the order of epoch 1"] },
        { "order of the group", ["step 5, rank 1: the digest of its examples is <found>, that of rank 0; expected <right>, that of 5 examples from 5 in the order of epoch 1"] },
        { "a digest at the parting", ["step 4, rank 1: the digest of its examples is <found>; expected <right>, that of 5 examples from 0 in the order of epoch 1"] },
        { "phase at the parting", ["step 4 took examples 0 to 4 of epoch 1, each rank alone, in phase 0; expected examples 0 to 4 of epoch 1, each rank alone, in phase 1"] },
        { "sharing at the parting", ["step 4 took examples 0 to 4 of epoch 1, together, in phase 1; expected examples 0 to 4 of epoch 1, each rank alone, in phase 1"] },
        { "last together missing", ["step 3 is missing: step 4 comes after step 2"] },
        {
            "first alone missing",
            [
                "step 4 is missing: step 5 comes after step 3",
                "step 5 took examples 5 to 9 of epoch 1, each rank alone, in phase 1; expected examples 0 to 4 of epoch 1, each rank alone, in phase 1",
            ]
        },
        { "phase before", ["step 1 took examples 0 to 3 of epoch 0, together, in phase 1; expected examples 0 to 3 of epoch 0, together, in phase 0"] },
        {
            "not refined to the end",
            ["the job's length is 4 steps of each rank alone after those together; the history ends with step 6, after 6 updates and 2.5 epochs"]
        },
    };

    [Theory]
    [MemberData(nameof(SwapAlterations))]
    public void Every_alteration_of_phases_is_named(string what, params string[] expected)
    {
        var history = Swap(parting: 1);
        var found = Check(history, events => AlterSwap(what, events)).Problems;
        Assert.Equal(expected, found.Select(WithoutDigests));
    }

    private static ScriptedHistory Swap(int parting) =>
        new ScriptedHistory(10, "workers=3", "batch=4", "epochs=3", "averaging={name: swap, batch: 5, epochs: 2}")
            .Together(0, parting, batch: 4).Evaluation().Alone(parting, parting + 2, batch: 5).Statistics(2, parting + 2).Evaluation();

    private static string Took(long step, long from, long to, int epoch, string expected) =>
        $"step {step} took examples {from} to {to} of epoch {epoch}, together, in phase 0; expected {expected}";

    private static LedgerCheck Check(ScriptedHistory history, Action<List<MetricsEvent>>? alter = null)
    {
        List<MetricsEvent> events = [.. history.Events.Select(e => e.Clone())];
        alter?.Invoke(events);
        var check = new LedgerCheck(history.Job.Spec, history.Examples);
        events.ForEach(check.Add);
        check.End();
        return check;
    }

    private static string WithoutDigests(string problem) =>
        System.Text.RegularExpressions.Regex.Replace(problem, "is [0-9a-f]{16}(.*)expected [0-9a-f]{16}", "is <found>$1expected <right>");

    private static void Alter(ScriptedHistory history, string what, List<MetricsEvent> events)
    {
        var second = events[1].Ledger;
        switch (what)
        {
            case "none": break;
            case "twice": events.Insert(3, events[2].Clone()); break;
            case "missing": events.RemoveAt(1); break;
            case "two missing": events.RemoveRange(1, 2); break;
            case "order": (events[3], events[4]) = (events[4], events[3]); break;
            case "end": events.RemoveAt(5); break;
            case "more": events.Add(history.Take(0, 2, 0, 4).Events[^1]); break;
            case "empty": events.Clear(); break;
            case "cursor": second.Cursor++; break;
            case "negative cursor": second.Cursor = -1; break;
            case "cursor too far": second.Cursor = int.MaxValue; break;
            case "really off by one": events[1].Ledger = history.Entry(0, 0, 5, 4, Sharing.Together); break;
            case "take": second.Take--; break;
            case "epoch": events[4].Ledger.Epoch--; break;
            case "sharing": second.Sharing = Sharing.Alone; break;
            case "phase": second.Phase = 1; break;
            case "a digest": second.Digests[1] ^= 1; break;
            case "ranks swapped": (second.Digests[0], second.Digests[2]) = (second.Digests[2], second.Digests[0]); break;
            case "order of another epoch":
                events[4].Ledger.Digests.Clear();
                events[4].Ledger.Digests.Add(second.Digests);
                break;
            case "a rank missing": second.Digests.RemoveAt(2); break;
            case "a rank more": second.Digests.Add(7); break;
            case "generation": events[2].Ledger.Generation = 2; events.Skip(4).ToList().ForEach(e => e.Ledger.Generation = 2); break;
            case "count": events[1].Step.Examples = 5; break;
            case "no entry": events[1].Ledger = null; break;
            default: throw new ArgumentException(what, nameof(what));
        }
    }

    private static void AlterSwap(string what, List<MetricsEvent> events)
    {
        // Three steps together, an evaluation, four alone, statistics, an evaluation.
        var (parted, next) = (events[4].Ledger, events[5].Ledger);
        switch (what)
        {
            case "ranks swapped": (next.Digests[0], next.Digests[1]) = (next.Digests[1], next.Digests[0]); break;
            case "order of the group": next.Digests[1] = next.Digests[0]; break;
            case "a digest at the parting": parted.Digests[1] ^= 1; break;
            case "phase at the parting": parted.Phase = 0; break;
            case "sharing at the parting": parted.Sharing = Sharing.Together; break;
            case "last together missing": events.RemoveAt(2); break;
            case "first alone missing": events.RemoveAt(4); break;
            case "phase before": events[0].Ledger.Phase = 1; break;
            case "not refined to the end": events.RemoveRange(7, 2); break;
            default: throw new ArgumentException(what, nameof(what));
        }
    }
}
