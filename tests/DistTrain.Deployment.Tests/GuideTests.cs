using DistTrain.Deployment.Tests.Processes;
using DistTrain.Tests.Clusters;
using k8s.Models;

namespace DistTrain.Deployment.Tests;

/// <summary>Who follows the guide gets a cluster that trains.</summary>
[Trait("Kind", "Process")]
public class GuideTests
{
    [Fact]
    public async Task Certificates_of_the_guide_are_good_under_the_names_of_the_manifests()
    {
        using var folder = new RunFolder();
        var arguments = Workload.Of(Manifests.Load(await Kustomize.RenderAsync("local"))).SelectMany(w => w.Pod.Spec.Containers).SelectMany(c => c.Args ?? []).ToList();
        string[] servers = [.. Value("--servers").Split(',').Select(e => e.Split(':')[0])];
        var door = Value("--endpoint").Split(':')[0];
        var under = await HostsFile.WriteAsync(folder["hosts"], [.. servers, door]);
        var made = await DistTrainProcess.RunInAsync(folder.Path, [.. InstallGuide.Shipped.Certificates]);
        Assert.True(made.ExitCode == 0, made.Error);
        await File.WriteAllTextAsync(folder["job.yaml"], "apiVersion: disttrain.dev/v1\nkind: TrainingJob\nspec: {dataset: {trainExamples: 400, testExamples: 100}, model: {name: mlp}, workers: 2, batch: 64, steps: 9}\n");

        await using var first = StartServer(0);
        await using var second = StartServer(1);
        var called = $"{servers[0]}:{await PortAsync(first)},{servers[1]}:{await PortAsync(second)}";
        await using var silo = DistTrainProcess.StartBy(under, "worker", "--port", "0", "--cluster", folder["cluster"], "--servers", called, "--certs", folder["certs/worker"]);
        await using var client = DistTrainProcess.StartBy(
            under, "submit", folder["job.yaml"], "--endpoint", $"{door}:{await PortAsync(silo)}", "--certs", folder["certs/alice"], "--watch", "--output", "json");
        Assert.True(await client.ExitAsync(TimeSpan.FromMinutes(2)) == 0, client.Error + silo.Error);
        var train = await DistTrainProcess.RunAsync("train", folder["job.yaml"], "--out", folder["train"], "--output", "json");
        Assert.Equal(train.WeightsSha256, client.Events[^1].GetProperty("weightsSha256").GetString());

        string Value(string option) => arguments.Single(a => a.StartsWith($"{option}=", StringComparison.Ordinal)).Split('=', 2)[1];

        DistTrainProcess StartServer(int index) =>
            DistTrainProcess.StartBy(under, "server", "--port", "0", "--job-folder", folder[$"jobs-{index}/{{job}}"], "--certs", folder["certs/worker"]);
    }

    [Fact]
    public async Task The_overlay_that_the_guide_writes_is_sound_and_takes_the_image_and_the_class_that_it_names()
    {
        var rendered = await Kustomize.RenderTextAsync(InstallGuide.Shipped.Overlay);
        var objects = Manifests.Load(rendered);
        Assert.Empty(ManifestCheck.Problems(objects, await RoleOptions.ReadAsync(), InstallGuide.Shipped));
        Assert.Equal("shared", objects.OfType<V1PersistentVolumeClaim>().Single().Spec.StorageClassName);
        Assert.Equal(3, Workload.Of(objects).SelectMany(w => w.Pod.Spec.Containers).Count(c => c.Image == "registry.example.com/disttrain:0.1"));
    }

    private static async Task<string> PortAsync(DistTrainProcess role) => (await role.EndpointAsync()).Split(':')[1];
}
