using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Tests.Metrics;

/// <summary>An evaluation is the sum of all ranks' reports, each counted once.</summary>
[Trait("Kind", "Fast")]
public sealed class EvaluationTests(RealServer server) : IClassFixture<RealServer>
{
    [Fact]
    public async Task A_job_is_finished_when_every_rank_has_reported_and_each_counts_once()
    {
        var job = await new TinyJob(server, "steps=1") { TestExamples = 10 }.OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        var head = await ranks.StepAsync(0);
        Assert.Equal((0, true), (head.Take, head.Evaluate));
        Assert.False(await FinishedAsync(job));

        await ReportAsync(ranks[0], examples: 4, loss: 3, correct: 1);
        await ReportAsync(ranks[0], examples: 4, loss: 3, correct: 1);
        Assert.False(await FinishedAsync(job));
        await ReportAsync(ranks[1], examples: 6, loss: 2, correct: 5);
        Assert.True(await FinishedAsync(job));
        await ReportAsync(ranks[1], examples: 6, loss: 2, correct: 5);

        var status = (await job.StopAsync())[0];
        Assert.Equal((0.5, 0.6), (status.Result.TestLoss, status.Result.TestAccuracy));
        var lines = await File.ReadAllLinesAsync(Path.Combine(job.Folder, "metrics.jsonl"));
        Assert.Equal(2, lines.Length);
        var evaluation = MetricsJson.Read(lines[1]).Evaluation;
        Assert.Equal(new EvaluationMetrics { Step = 1, Epoch = 4 / 12.0, Loss = 0.5, Accuracy = 0.6, Examples = 10 }, evaluation);
    }

    /// <summary>What choices go by is not what they are judged by.</summary>
    [Fact]
    public async Task A_job_with_a_validation_set_is_finished_when_the_last_version_is_evaluated_on_both()
    {
        var job = await new TinyJob(server, "steps=1", "dataset.validation=7") { TestExamples = 10 }.OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        foreach (var rank in new[] { 0, 1 })
            await ReportAsync(ranks[rank], examples: 5, loss: 2, correct: 3);
        Assert.False(await FinishedAsync(job));
        await ReportAsync(ranks[0], examples: 3, loss: 4, correct: 2, EvaluationSet.Validation);
        Assert.False(await FinishedAsync(job));
        await ReportAsync(ranks[1], examples: 4, loss: 3, correct: 3, EvaluationSet.Validation);
        Assert.True(await FinishedAsync(job));

        var result = (await job.StopAsync())[0].Result;
        Assert.Equal((0.4, 0.6), (result.TestLoss, result.TestAccuracy));
        Assert.Equal((1, 5 / 7.0), (result.ValidationLoss, result.ValidationAccuracy));
        var lines = await File.ReadAllLinesAsync(Path.Combine(job.Folder, "metrics.jsonl"));
        Assert.Equal(
            [MetricsEvent.EventOneofCase.Step, MetricsEvent.EventOneofCase.Evaluation, MetricsEvent.EventOneofCase.Validation],
            lines.Select(line => MetricsJson.Read(line).EventCase));
        Assert.Equal(new EvaluationMetrics { Step = 1, Epoch = 4 / 12.0, Loss = 1, Accuracy = 5 / 7.0, Examples = 7 }, MetricsJson.Read(lines[2]).Validation);
    }

    [Fact]
    public async Task An_evaluation_on_a_set_that_the_job_does_not_have_is_refused()
    {
        var job = await new TinyJob(server, "steps=1") { TestExamples = 10 }.OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.StepAsync(0);
        await ranks[0].SendAsync(new RankMessage { Evaluation = new EvaluationReport { Version = 1, Examples = 1, Set = EvaluationSet.Validation } });
        Assert.Contains("Validation set, and the job has none", (await ranks[0].EndAsync()).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Versions_at_the_end_of_every_other_epoch_are_evaluated()
    {
        // Three steps an epoch.
        var job = await new TinyJob(server, "steps=8", "evaluation.everyEpochs=2") { TestExamples = 10 }.OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        var evaluated = new List<long>();
        for (var step = 0L; step < 8; step++)
        {
            var head = await ranks.StepAsync(step);
            if (head.Evaluate)
                evaluated.Add(head.Version);
        }

        Assert.Equal([6, 8], evaluated);
    }

    private static async Task ReportAsync(FakeRank rank, int examples, double loss, int correct, EvaluationSet set = EvaluationSet.Test)
    {
        await rank.SendAsync(new RankMessage
        {
            Evaluation = new EvaluationReport { Version = 1, Rank = rank.Rank, Examples = examples, LossSum = loss, Correct = correct, Set = set },
        });
        await rank.SettleAsync(1);
    }

    private static async Task<bool> FinishedAsync(TinyJob job) => (await job.StatusAsync())[0].Finished;
}
