using System.Text.Json;

namespace DistTrain.EndToEnd.Tests;

/// <summary>The nemesis on real processes: whatever it does, the job ends by itself and nothing of its result is another.</summary>
[Trait("Kind", "Process")]
public class ChaosTests
{
    private static readonly string[] _job =
    [
        LargeBatchTests.Model, "workers=4", "batch=32", "steps=120", "batchNorm.scope=global", "optimizer.name=lamb", "optimizer.lr=0.002",
        "checkpoint.everySteps=8", "checkpoint.keep=3", "dataset.trainExamples=400", "dataset.testExamples=50", "evaluation.everyEpochs=3",
    ];

    [Fact]
    public async Task Two_seeds_of_faults_on_3_silos_and_2_servers_change_nothing()
    {
        using var folder = new RunFolder();
        string[] line =
        [
            "chaos", "--seed", "1", "--runs", "2", "--kills", "2", "--out", folder["out"], "--output", "json", .. Training.Set(_job),
        ];

        var first = await RunAsync(line);

        Assert.True(first.ExitCode == 0, string.Join('\n', first.Events) + first.Error);
        var runs = Events(first.Events, "run");
        Assert.Equal(["undisturbed", "seed-1", "seed-2"], runs.Select(r => r.GetProperty("run").GetString()));
        Assert.Single(runs.Select(r => r.GetProperty("weightsSha256").GetString()).Distinct());
        Assert.All(runs.Skip(1), r => Assert.True(r.GetProperty("kills").GetInt32() >= 2 && r.GetProperty("recoveries").GetInt32() >= 2, r.ToString()));
        foreach (var seed in (string[])["seed-1", "seed-2"])
        {
            // What was reported did happen: the process that was killed has ended by SIGKILL and was started again.
            var killed = Lines(folder, seed, "nemesis.jsonl").Where(f => f.GetProperty("kind").GetString() == "kill").ToList();
            var exits = Lines(folder, seed, "history.jsonl").Where(h => h.GetProperty("what").GetString() == "exit").Select(h => h.GetProperty("text").GetString()).ToList();
            Assert.All(killed, f => Assert.Contains($"{f.GetProperty("target")} (process {f.GetProperty("processId")}), exit code 137", exits));
            Assert.Equal([false, true], killed.Select(f => f.GetProperty("target").GetString()!.StartsWith("server", StringComparison.Ordinal)).Distinct().Order());
        }

        // Nothing is left to do, and the table says what was done.
        var second = await RunAsync(line);
        Assert.Equal(runs.Select(r => r.ToString()), Events(second.Events, "run").Select(r => r.ToString()));
        Assert.Contains("\n3 of 3 passed.\n", await File.ReadAllTextAsync(Path.Combine(folder["out"], "table.md")), StringComparison.Ordinal);
    }

    /// <summary>Three runs with some seconds of recovery after each fault: a minute, and more on a busy machine.</summary>
    private static async Task<(int ExitCode, IReadOnlyList<JsonElement> Events, string Error)> RunAsync(params string[] line)
    {
        await using var chaos = DistTrainProcess.Start(line);
        return (await chaos.ExitAsync(TimeSpan.FromMinutes(10)), chaos.Events, chaos.Error);
    }

    private static List<JsonElement> Events(IReadOnlyList<JsonElement> events, string kind) => [.. events.Where(e => e.GetProperty("event").GetString() == kind)];

    private static List<JsonElement> Lines(RunFolder folder, string run, string file) =>
        [.. File.ReadLines(Path.Combine(folder["out"], run, file)).Select(line => JsonDocument.Parse(line).RootElement)];
}
