namespace DistTrain.EndToEnd.Tests;

/// <summary>Processes of a run are killed: they are started again, and the run ends as if nothing had happened.</summary>
[Collection(DisturbedRuns.Name)]
[Trait("Kind", "Process")]
public class RecoveryTests(UndisturbedRun undisturbed)
{
    [Fact]
    public async Task Both_servers_and_a_silo_killed_one_after_the_other_change_neither_weights_nor_history()
    {
        using var folder = new RunFolder();
        await using var train = DistTrainProcess.Start(Training.Arguments(folder, "disturbed", silos: 2, servers: 2, [.. UndisturbedRun.Settings]));
        foreach (var (step, role, index) in new[] { (30, "server", 0), (70, "worker", 0), (110, "server", 1) })
        {
            await train.StepAsync(step);
            train.KillChild(role, index);
        }

        Assert.Equal(0, await train.ExitAsync(TimeSpan.FromMinutes(2)));
        Assert.Equal(undisturbed.WeightsSha256, train.Events[^1].GetProperty("weightsSha256").GetString());
        Assert.Equal(
            Enumerable.Range(1, UndisturbedRun.Steps),
            train.Events.Where(e => e.GetProperty("event").GetString() == "step").Select(e => e.GetProperty("step").GetInt32()));
        Assert.Equal(undisturbed.Lines, History.Of(folder["disturbed"]));
        await Verified.CleanAsync(folder["disturbed"], undisturbed.WeightsSha256);
        Assert.Equal(3, train.Error.Split("starting it again").Length - 1);
    }

    [Fact]
    public async Task Children_leave_signals_to_train()
    {
        using var folder = new RunFolder();
        await using var train = DistTrainProcess.Start(Training.Arguments(folder, "disturbed", silos: 2, servers: 1, [.. UndisturbedRun.Settings]));
        await train.StepAsync(40);
        train.SignalChild("server", 0, 15);
        train.SignalChild("worker", 1, 15);

        Assert.Equal(0, await train.ExitAsync(TimeSpan.FromMinutes(2)));
        var completed = train.Events[^1];
        Assert.Equal(undisturbed.WeightsSha256, completed.GetProperty("weightsSha256").GetString());
        Assert.Equal((0, 0), (completed.GetProperty("recoveries").GetInt32(), completed.GetProperty("redoneSteps").GetInt32()));
        Assert.Equal(undisturbed.Lines, History.Of(folder["disturbed"]));
    }
}
