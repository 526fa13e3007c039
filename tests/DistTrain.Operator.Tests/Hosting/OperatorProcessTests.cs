using DistTrain.Operator.Resources;
using DistTrain.Operator.Tests.Doubles;
using DistTrain.Protocol;
using DistTrain.Tests.Clusters;

namespace DistTrain.Operator.Tests.Hosting;

/// <summary>The real process.</summary>
[Trait("Kind", "Process")]
public class OperatorProcessTests
{
    [Fact]
    public async Task A_real_cluster_trains_and_probes_objects_to_the_bits_of_train_and_diagnose_though_the_operator_is_killed_under_way()
    {
        using var folder = new RunFolder();
        var (cluster, silos) = await StandingCluster.StartAsync(folder, 1);
        await using var ending = cluster;
        var objects = new ApiStore();
        await using var api = await ApiServer.StartAsync(objects);
        string[] start = ["operator", "--endpoint", silos[0].Endpoint, "--kubeconfig", await api.KubeconfigAsync(folder["kubeconfig"])];
        await using var first = DistTrainProcess.Start(start);
        await WatchingAsync(first);

        const string Spec = "{model: {name: softmax}, workers: 2, batch: 64, microBatch: 16, dataset: {trainExamples: 400, testExamples: 100}";
        objects.Create(Written.Named("real", $"{Spec}, steps: 1500}}"));
        await objects.UntilAsync("real", o => o.State() == "Running", "running");
        // It waits for the other's ranks to end.
        objects.Create(Written.Named("endless", $"{Spec}, steps: 1000000}}"));
        await objects.UntilAsync("endless", o => o.Condition("Accepted") == "True Submitted", "accepted");
        await first.KillAsync();
        await using var second = DistTrainProcess.Start(start);
        await WatchingAsync(second);
        var done = await objects.UntilAsync("real", o => o.State() == "Completed", "completed");
        await objects.UntilAsync("endless", o => (long?)o.Status("step") > 0, "its first steps");
        objects.Delete("endless");
        await objects.GoneAsync("endless");

        var jobs = (await DistTrainProcess.RunAsync("list", "--endpoint", silos[0].Endpoint, "--output", "json")).Events;
        Assert.Equal(2, jobs.Count);
        Assert.Equal("completed", jobs.Single(j => j.GetProperty("job").GetString() == done.JobId()).GetProperty("state").GetString());
        await File.WriteAllTextAsync(folder["real.yaml"], $"apiVersion: disttrain.dev/v1\nkind: TrainingJob\nmetadata: {{name: real}}\nspec: {Spec}, steps: 1500}}\n");
        var train = await DistTrainProcess.RunAsync("train", folder["real.yaml"], "--output", "json", "--out", folder["train"], "--silos", "1", "--servers", "1");
        Assert.Equal(train.WeightsSha256, (string?)done.Status("weightsSha256"));
        Assert.Equal(train.TestAccuracy, (double)done.Status("accuracy")!);
        Assert.Equal(1500, (long)done.Status("step")!);

        // A probe of that object is suspended, goes on, and finds to the bit what a look on one machine finds at the same weights.
        objects.Create(Written.Probe("look", "{weights: {trainingJob: real}, examples: 200, steps: 30, directions: 0}"));
        await objects.UntilAsync("look", o => (long?)o.Status("step") > 1 || o.State() == "Completed", "its first products", ResourceKind.LandscapeProbe);
        objects.Edit("look", o => o.Set("suspend", true), ResourceKind.LandscapeProbe);
        await objects.UntilAsync("look", o => o.State() is "Suspended" or "Completed", "suspended", ResourceKind.LandscapeProbe);
        objects.Edit("look", o => o.Set("suspend", false), ResourceKind.LandscapeProbe);
        var found = await objects.UntilAsync("look", o => o.State() == "Completed", "completed", ResourceKind.LandscapeProbe);
        var diagnosed = (await DistTrainProcess.RunAsync("diagnose", folder["train"], "--examples", "200", "--steps", "30", "--directions", "0", "--output", "json")).Events[^1];
        Assert.Equal(
            (diagnosed.GetProperty("sha256").GetString(), diagnosed.GetProperty("verdict").GetString(), diagnosed.GetProperty("reason").GetString(), done.JobId()),
            ((string?)found.Status("findingsSha256"), (string?)found.Status("verdict"), found.Message("Completed"), (string?)found.Status("weightsJob")));
        Assert.Equal(diagnosed.GetProperty("lambdaMax").GetDouble(), (double)found.Status("lambdaMax")!);
        Assert.Equal(train.WeightsSha256, (string?)found.Status("weightsSha256"));
        second.Signal(15);
        Assert.Equal(0, await second.ExitAsync(Waiting.Limit));
        // What was cancelled has ended by the cluster's own account.
        await Waiting.UntilAsync(
            async () => (await DistTrainProcess.RunAsync("list", "--endpoint", silos[0].Endpoint, "--output", "json")).Events
                .Single(j => j.GetProperty("job").GetString()!.StartsWith("endless-", StringComparison.Ordinal)).GetProperty("state").GetString(),
            state => state == "cancelled",
            "the end of the cancelled job");
    }

    [Fact]
    public async Task Who_has_no_rights_or_no_server_is_told_so_and_goes_on_when_that_has_changed()
    {
        using var folder = new RunFolder();
        var objects = new ApiStore();
        await using var cluster = await ScriptedCluster.StartAsync();
        var api = await ApiServer.StartAsync(objects);
        var port = api.Port;
        api.Intercept = (_, verb) => verb == "list" ? (403, "trainingjobs.disttrain.dev is forbidden: User \"operator\" cannot list resource \"trainingjobs\"") : null;
        await using var process = DistTrainProcess.Start(
            "operator", "--endpoint", cluster.Endpoint.ToString(), "--kubeconfig", await api.KubeconfigAsync(folder["kubeconfig"]), "--http-port", $"{Ports.Free()}");
        await SaysAsync(process, "this account has not the rights that it needs: trainingjobs.disttrain.dev is forbidden: User \"operator\" cannot list");
        api.Intercept = (_, _) => (404, "404 page not found");
        await SaysAsync(process, "it has no trainingjobs.disttrain.dev: apply the CustomResourceDefinition of k8s/base first");
        await api.DisposeAsync();
        await SaysAsync(process, "Connection refused");
        Assert.Empty(process.Events);

        await using var back = await ApiServer.StartAsync(objects, port);
        objects.Create(Written.Named("late"));
        await WatchingAsync(process);
        var queued = await objects.UntilAsync("late", o => o.State() == "Queued", "queued");
        cluster[queued.JobId()!].Become(JobState.Completed, result: new JobResult { WeightsSha256 = "ab" });
        await objects.UntilAsync("late", o => o.State() == "Completed", "completed");
        Assert.DoesNotContain("   at ", process.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("fail:", process.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", process.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Probes_and_metrics_tell_how_it_is()
    {
        using var folder = new RunFolder();
        var objects = new ApiStore();
        await using var api = await ApiServer.StartAsync(objects);
        var port = Ports.Free();
        // Nobody is at the front door.
        await using var process = DistTrainProcess.Start(
            "operator", "--endpoint", $"127.0.0.1:{Ports.Free()}", "--kubeconfig", await api.KubeconfigAsync(folder["kubeconfig"]), "--http-port", $"{port}", "--log", "json");
        await WatchingAsync(process);
        objects.Create(Written.Named("early"));
        await SaysAsync(process, "the cluster does not take the job");
        using var http = new HttpClient();
        foreach (var path in new[] { "livez", "readyz" })
            Assert.True((await http.GetAsync(new Uri($"http://127.0.0.1:{port}/{path}"))).IsSuccessStatusCode, path);
        var metrics = await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"));
        Assert.Matches("\ndisttrain_operator_objects(\\{.*\\})? 1\\s", metrics);
        Assert.Matches("\ndisttrain_operator_failures_total(\\{.*\\})? [1-9]", metrics);
        Assert.StartsWith("{", process.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("does not run in a pod")]
    [InlineData("there.is.none", "--kubeconfig", "there.is.none")]
    [InlineData("can't be used", "--kubeconfig", "/etc/passwd")]
    [InlineData("'Research' is not a namespace", "--namespace", "Research")]
    [InlineData("give one of the two", "--namespace", "research", "--all-namespaces")]
    [InlineData("there is no file nowhere", "--token-file", "nowhere")]
    public async Task A_mistake_on_the_command_line_is_one_line(string problem, params string[] arguments)
    {
        using var folder = new RunFolder();
        await using var api = await ApiServer.StartAsync(new ApiStore());
        string[] access = problem.StartsWith("there is no file", StringComparison.Ordinal) ? ["--kubeconfig", await api.KubeconfigAsync(folder["kubeconfig"])] : [];
        var refused = await DistTrainProcess.RunAsync(["operator", "--endpoint", "127.0.0.1:1", .. access, .. arguments]);
        Assert.True(refused.ExitCode == 2, refused.Error);
        Assert.Contains(problem, refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Error, StringComparison.Ordinal);
    }

    private static Task WatchingAsync(DistTrainProcess process) => process.EventAsync(e => e.GetProperty("event").GetString() == "watching", Waiting.Limit);

    private static Task SaysAsync(DistTrainProcess process, string text) =>
        Waiting.UntilAsync(() => process.Error.Contains(text, StringComparison.Ordinal), text, () => process.Error);
}
