namespace DistTrain.EndToEnd.Tests;

/// <summary>Processes of a run are killed: they are started again, and the run ends as if nothing had happened.</summary>
public class RecoveryTests
{
    private const int Steps = 160;

    private static readonly string[] _settings =
    [
        LargeBatchTests.Model, "workers=4", "batch=32", $"steps={Steps}", "batchNorm.scope=global", "optimizer.name=lamb", "optimizer.lr=0.002",
        "checkpoint.everySteps=15", "dataset.trainExamples=400", "dataset.testExamples=50", "evaluation.everyEpochs=2",
    ];

    [Fact]
    public async Task Both_servers_and_a_silo_killed_one_after_the_other_change_neither_weights_nor_history()
    {
        using var folder = new RunFolder();
        var undisturbed = await Training.RunAsync(folder, "undisturbed", silos: 2, servers: 2, _settings);

        await using var train = DistTrainProcess.Start(Training.Arguments(folder, "disturbed", silos: 2, servers: 2, _settings));
        foreach (var (step, role, index) in new[] { (30, "server", 0), (70, "worker", 0), (110, "server", 1) })
        {
            await train.StepAsync(step);
            train.KillChild(role, index);
        }

        Assert.Equal(0, await train.ExitAsync(TimeSpan.FromMinutes(2)));
        Assert.Equal(undisturbed.WeightsSha256, train.Events[^1].GetProperty("weightsSha256").GetString());
        Assert.Equal(
            Enumerable.Range(1, Steps),
            train.Events.Where(e => e.GetProperty("event").GetString() == "step").Select(e => e.GetProperty("step").GetInt32()));
        Assert.Equal(History.Of(folder["undisturbed"]), History.Of(folder["disturbed"]));
        Assert.Equal(3, train.Error.Split("starting it again").Length - 1);
    }

    [Fact]
    public async Task Servers_that_are_asked_to_end_save_first_and_no_step_is_done_again()
    {
        using var folder = new RunFolder();
        string[] settings = [.. _settings, "checkpoint.everySteps=0"];
        var undisturbed = await Training.RunAsync(folder, "undisturbed", silos: 2, servers: 2, settings);

        await using var train = DistTrainProcess.Start(Training.Arguments(folder, "disturbed", silos: 2, servers: 2, settings));
        foreach (var (step, index) in new[] { (40, 0), (100, 1) })
        {
            await train.StepAsync(step);
            train.SignalChild("server", index, 15);
        }

        Assert.Equal(0, await train.ExitAsync(TimeSpan.FromMinutes(2)));
        var completed = train.Events[^1];
        Assert.Equal(undisturbed.WeightsSha256, completed.GetProperty("weightsSha256").GetString());
        Assert.Equal((2, 0), (completed.GetProperty("recoveries").GetInt32(), completed.GetProperty("redoneSteps").GetInt32()));
        Assert.Equal(History.Of(folder["undisturbed"]), History.Of(folder["disturbed"]));
    }
}
