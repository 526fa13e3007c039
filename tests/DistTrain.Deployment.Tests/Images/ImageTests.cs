using System.Text.RegularExpressions;
using DistTrain.Deployment.Tests.Processes;
using DistTrain.Tests.Clusters;
using DistTrain.Tests.Processes;
using k8s.Models;

namespace DistTrain.Deployment.Tests.Images;

/// <summary>The image is built from deploy/Dockerfile and really run; skipped where that takes more than the machine has.</summary>
[Trait("Kind", "Image")]
public partial class ImageTests
{
    [Fact]
    public async Task A_cluster_from_the_image_trains_to_the_bits_of_train()
    {
        await ImageScript.BuildAsync();
        var weights = Hash().Matches(await ImageScript.RunAsync("train")).Select(m => m.Value).ToList();
        Assert.Equal(2, weights.Count);
        Assert.Equal(weights[0], weights[1]);
    }

    [Fact]
    public async Task Pods_of_local_answer_their_probes_train_under_the_guides_certificates_and_end_in_order()
    {
        var objects = Manifests.Load(await Kustomize.RenderAsync("local"));
        await ImageScript.BuildAsync();
        await using var network = await PodNetwork.CreateAsync();
        await MakeSecretsAsync(network.Secrets);
        var job = await MakeJobAsync(network.Secrets);
        List<PlayablePod> pods = [];
        string? weights = null;
        try
        {
            // Silos look for Redis when they start. What has an account at Kubernetes' API has nothing to speak to here.
            foreach (var (workload, index) in Workload.Of(objects).Where(w => w.Pod.Spec.AutomountServiceAccountToken == false).OrderByDescending(w => w.Name.StartsWith("StatefulSet", StringComparison.Ordinal))
                .SelectMany(w => Enumerable.Range(0, w.Replicas ?? 1).Select(index => (w, index))))
            {
                var pod = await network.PlayAsync(workload, objects, index);
                pods.Add(pod);
                foreach (var container in workload.Pod.Spec.Containers)
                {
                    // Of process 1 a SIGTERM would be lost while it starts.
                    Assert.DoesNotContain(container.Name is "redis" ? "redis" : "disttrain", await PodNetwork.FirstProcessAsync(pod, container), StringComparison.Ordinal);
                    foreach (var probe in new[] { container.StartupProbe, container.ReadinessProbe, container.LivenessProbe }.OfType<V1Probe>())
                        await PodProbe.PassAsync(pod.Address, container, probe);
                }
            }

            var told = await network.ClientAsync(
                Path.Combine(network.Secrets, "certs", "alice"), Path.GetDirectoryName(job)!, "submit", "/files/job.yaml", "--endpoint", "disttrain.disttrain.svc:5000", "--watch", "--output", "json");
            weights = Hash().Matches(told).LastOrDefault()?.Value;
        }
        catch (Exception e) when (e is Xunit.Sdk.XunitException or TimeoutException)
        {
            Assert.Fail($"{e.Message}\n{await network.LogsAsync()}");
        }

        using (var folder = new TempFolder())
        {
            var train = await Tool.RunAsync(DistTrainProcess.Executable, "train", job, "--out", folder["train"], "--output", "json");
            Assert.Equal(Hash().Matches(train).Last().Value, weights);
        }

        Assert.Equal(5, pods.Count);
        Assert.Superset(new HashSet<string> { "StatefulSet/redis", "StatefulSet/server", "Deployment/worker" }, pods.Select(p => p.Workload.Name).ToHashSet());
        foreach (var pod in Enumerable.Reverse(pods))
            Assert.All(await PodNetwork.StopAsync(pod), code => Assert.True(code == 0, $"{pod.Workload.Name} ends with exit code {code}"));
    }

    private static async Task MakeSecretsAsync(string folder)
    {
        var made = await DistTrainProcess.RunInAsync(Directory.CreateDirectory(folder).FullName, [.. InstallGuide.Shipped.Certificates]);
        Assert.True(made.ExitCode == 0, made.Error);
        Directory.Move(Path.Combine(folder, "certs", "worker"), Path.Combine(folder, "disttrain-worker-tls"));
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "disttrain-access")).FullName, "access.yaml"), "limits: {jobs: 2}\n");
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "redis-password")).FullName, "password"), "of-this-test");
        // As a kubelet makes them; the containers' users are others than the test's.
        if (!OperatingSystem.IsWindows())
        {
            foreach (var file in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Append(folder).Append(Path.GetDirectoryName(folder)!))
                File.SetUnixFileMode(file, Directory.Exists(file) ? Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute : Readable);
        }
    }

    /// <summary>A job file where all containers may read it.</summary>
    private static async Task<string> MakeJobAsync(string folder)
    {
        var job = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "job")).FullName, "job.yaml");
        await File.WriteAllTextAsync(job, "apiVersion: disttrain.dev/v1\nkind: TrainingJob\nspec: {dataset: {trainExamples: 400, testExamples: 100}, model: {name: mlp}, workers: 2, batch: 64, steps: 9}\n");
        return job;
    }

    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    [GeneratedRegex("\\b[0-9a-f]{64}\\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Hash();
}
