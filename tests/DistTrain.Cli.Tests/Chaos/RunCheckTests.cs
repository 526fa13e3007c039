using DistTrain.Cli.Chaos;
using DistTrain.Client;
using DistTrain.ParameterServer.Checkpoints;

namespace DistTrain.Cli.Tests.Chaos;

/// <summary>A good run has no violation; each kind of harm has its own, by name.</summary>
[Trait("Kind", "Fast")]
public sealed class RunCheckTests : IDisposable
{
    private readonly SavedRun _run = new();
    private readonly List<string> _problems = [];
    private readonly RunCheck _check;

    public RunCheckTests() => _check = new RunCheck(SavedRun.Job, _run.Baseline, _ => _problems);

    [Fact]
    public void A_run_that_differs_in_nothing_but_times_passes()
    {
        _run.WriteHistory(Enumerable.Range(1, (int)SavedRun.Steps));

        Assert.Empty(_check.Of(_run.Outcome));
    }

    [Fact]
    public void A_job_that_did_not_complete() => AssertOne(
        _run.Outcome with { Ended = new JobSummary { State = JobState.Failed, Error = "server 1 stayed away" } },
        "no crash changes the result: expected the job completed; found failed: server 1 stayed away");

    [Fact]
    public void Other_weights() => AssertOne(
        With(_run.Outcome, result => result with { WeightsSha256 = "ab" }), $"G3, G4 same weights: expected {_run.Baseline.WeightsSha256}; found ab");

    [Fact]
    public void A_ledger_that_does_not_fit_its_job()
    {
        _problems.Add("step 3: rank 1 used other examples");

        AssertOne(_run.Outcome, "G1, G5 clean ledger: expected the run is what its job and data say; found step 3: rank 1 used other examples");
    }

    [Theory]
    [InlineData(new long[] { 1, 2, 2 }, "2 where 3 was due")]
    [InlineData(new long[] { 1, 3 }, "3 where 2 was due")]
    [InlineData(new long[] { 1, 2 }, "2 steps")]
    public void A_step_told_twice_or_never(long[] steps, string found) =>
        AssertOne(_run.Outcome with { Steps = steps }, $"G1, G5 each step is told once and in order: expected 1 to 30; found {found}");

    [Fact]
    public void A_step_twice_in_the_history()
    {
        _run.WriteHistory([.. Enumerable.Range(1, 20), .. Enumerable.Range(20, 11)]);

        Assert.Equal(
            [
                "G1, G5 each step is in metrics.jsonl once and in order: expected 1 to 30; found 20 where 21 was due",
                "G3, G4 same loss log",
            ],
            _check.Of(_run.Outcome).Select(v => v.Guarantee.StartsWith("G3", StringComparison.Ordinal) ? v.Guarantee : v.ToString()));
    }

    [Fact]
    public void Another_loss()
    {
        var lines = File.ReadAllLines(_run.Metrics);
        lines[11] = lines[11].Replace("\"loss\":0.08333333333333333", "\"loss\":0.08333333333333334", StringComparison.Ordinal);
        File.WriteAllLines(_run.Metrics, lines);

        var violation = Assert.Single(_check.Of(_run.Outcome));
        Assert.Equal("G3, G4 same loss log", violation.Guarantee);
        Assert.StartsWith("line 12: {\"event\":\"step\",\"step\":12,", violation.Expected, StringComparison.Ordinal);
        Assert.EndsWith("(1 of 31 lines differ)", violation.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void A_history_that_cannot_be_read()
    {
        File.AppendAllText(_run.Metrics, "{\"event\":\"st");

        Assert.Equal("G1 committed history", Assert.Single(_check.Of(_run.Outcome)).Guarantee);
    }

    [Fact]
    public void More_steps_done_again_than_two_intervals_a_server_and_one_a_damaged_checkpoint()
    {
        Assert.Empty(_check.Of(With(_run.Outcome, result => result with { RedoneSteps = 30 })));

        AssertOne(With(_run.Outcome, result => result with { RedoneSteps = 31 }), "G2 durable steps: expected at most 30 steps done again after 1 ends of servers and 1 damaged checkpoints; found 31");
    }

    [Fact]
    public void Fewer_kills_than_planned() => AssertOne(
        _run.Outcome with { PlannedKills = 3 }, "plan: expected 3 kills while the job trained; found 2 before it ended; give it more steps");

    [Fact]
    public void A_damaged_checkpoint_of_whatever_age()
    {
        File.Delete(_run.Checkpoint(20, "server-1.bin"));

        var violation = Assert.Single(_check.Of(_run.Outcome));
        Assert.Equal("G6 checkpoints", violation.Guarantee);
        Assert.Contains("server-1.bin: the part of server 1 is missing", violation.Found);
    }

    [Fact]
    public void No_checkpoint_of_the_last_step()
    {
        File.Delete(_run.Checkpoint(30, CheckpointManifest.FileName));

        AssertOne(_run.Outcome, "G6 checkpoints: expected one of the last step, 30; found the newest is of step 20");
    }

    [Fact]
    public void A_last_checkpoint_with_other_weights()
    {
        _run.WriteCheckpoint(30, 7);

        Assert.StartsWith(
            $"G6 checkpoints: expected that of the last step has the weights {_run.Baseline.WeightsSha256}",
            Assert.Single(_check.Of(_run.Outcome)).ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_wrong_is_named_at_once()
    {
        var outcome = With(_run.Outcome with { Steps = [1], PlannedKills = 9 }, result => result with { WeightsSha256 = "ab" });
        File.Delete(_run.Checkpoint(20, "server-0.bin"));

        Assert.Equal(["plan", "G3, G4 same weights", "G1, G5 each step is told once and in order", "G6 checkpoints"], _check.Of(outcome).Select(v => v.Guarantee));
    }

    public void Dispose() => _run.Dispose();

    private static RunOutcome With(RunOutcome outcome, Func<JobResult, JobResult> change) =>
        outcome with { Ended = outcome.Ended with { Result = change(outcome.Ended.Result!) } };

    private void AssertOne(RunOutcome outcome, string violation) => Assert.Equal(violation, Assert.Single(_check.Of(outcome)).ToString());
}
