namespace DistTrain.EndToEnd.Tests;

/// <summary>Files of a dataset that are replaced while a cluster stands.</summary>
[Trait("Kind", "Process")]
public class ChangedDataTests
{
    [Fact]
    public async Task A_job_goes_on_with_what_it_read_a_new_one_reads_what_is_there_and_who_has_to_read_again_names_the_file()
    {
        using var folder = new RunFolder();
        var data = Directory.CreateDirectory(folder["data"]).FullName;
        var train = Path.Combine(data, "train.csv");
        Write(train, rows: 90);
        Write(Path.Combine(data, "test.csv"), rows: 30);
        string[] settings = ["dataset.name=csv", $"dataset.path={data}", "model.name=softmax", "workers=1", "batch=10"];

        var (cluster, silos) = await StandingCluster.StartAsync(folder, silos: 1);
        await using var stood = cluster;
        var watch = await cluster.SubmitAsync(silos[0], "begun", settings);
        await watch.EventAsync(DistTrainProcess.IsStep, TimeSpan.FromMinutes(1));
        Assert.Contains(watch.Events, e => Says(e, "data csv: 90 training and 30 test examples of 3 features, 2 classes"));

        Write(train, rows: 30);
        var job = folder["new.yaml"];
        await File.WriteAllTextAsync(job, StandingCluster.EmptyJob);
        var submitted = await DistTrainProcess.RunAsync(
            ["submit", job, "--endpoint", silos[0].Endpoint, "--id", "new", "--watch", "--output", "json", .. Training.Set(["epochs=1", .. settings])]);
        Assert.Equal(3, submitted.Events.Count(DistTrainProcess.IsStep));
        Assert.Contains(submitted.Events, e => Says(e, "data csv: 30 training and 30 test examples of 3 features, 2 classes"));
        Assert.True(watch.IsRunning, watch.Error);

        // The rank moves to a silo that never read what the job began with.
        var next = (await cluster.JoinAsync(1))[0];
        silos[0].Process.Signal(15);
        var ended = await DistTrainProcess.RunAsync("watch", "begun", "--endpoint", next.Endpoint);
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains($"{train} has SHA-256", ended.Error, StringComparison.Ordinal);

        // What the job left needs no data.
        File.Delete(train);
        Assert.Equal(0, (await DistTrainProcess.RunAsync("download", "begun", "--endpoint", next.Endpoint, "--out", folder["got"])).ExitCode);
        Assert.Equal(2, (await DistTrainProcess.RunAsync("download", "new", "--endpoint", next.Endpoint, "--out", folder["got"])).ExitCode);
        Assert.True(File.Exists(Path.Combine(folder["got"], "data.json")));
        Assert.True(File.Exists(Path.Combine(folder["got"], "model.safetensors")));
    }

    private static bool Says(System.Text.Json.JsonElement e, string text) =>
        e.GetProperty("event").GetString() == "log" && e.GetProperty("text").GetString() == text;

    private static void Write(string path, int rows) => File.WriteAllText(
        path, "a,b,c,label\n" + string.Join('\n', Enumerable.Range(0, rows).Select(r => FormattableString.Invariant($"{r % 2},{r % 3 * 0.5},{r % 5 * 0.25},{r % 2}"))));
}
