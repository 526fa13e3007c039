using System.Text.Json;
using k8s;
using k8s.Models;

namespace DistTrain.Deployment.Tests.Images;

/// <summary>A network with pods of its own; with the last of them it is gone.</summary>
internal sealed class PodNetwork : IAsyncDisposable
{
    private readonly string _name = $"disttrain-{Guid.NewGuid().ToString("N")[..8]}";
    private readonly TempFolder _files = new();
    private readonly List<PlayablePod> _pods = [];
    private readonly Dictionary<string, string> _hosts = [];
    private string _subnet = "";

    /// <summary>Folder with one folder a secret.</summary>
    public string Secrets => _files["secrets"];

    public static async Task<PodNetwork> CreateAsync()
    {
        var network = new PodNetwork();
        await Podman("network", "create", network._name);
        using var description = JsonDocument.Parse(await Podman("network", "inspect", network._name));
        var subnet = description.RootElement[0].GetProperty("subnets")[0].GetProperty("subnet").GetString()!;
        network._subnet = subnet[..subnet.LastIndexOf('.')];
        return network;
    }

    /// <summary>Starts a pod of a workload; those that were started before it are in its list of hosts.</summary>
    public async Task<PlayablePod> PlayAsync(Workload workload, IReadOnlyList<IKubernetesObject> objects, int index = 0)
    {
        var pod = new PlayablePod($"{_name}-{workload.Name.Split('/')[1]}-{index}", $"{_subnet}.{100 + _pods.Count}", workload, index);
        foreach (var name in pod.Names(objects))
            _hosts[name] = pod.Address;
        var file = _files[$"{pod.Name}.yaml"];
        await File.WriteAllTextAsync(file, pod.Manifest(_hosts, Secrets));
        _pods.Add(pod);
        await Podman("kube", "play", "--network", _name, "--ip", pod.Address, file);
        return pod;
    }

    /// <summary>Runs a client to its end, beside the pods, with their names.</summary>
    /// <param name="certificates">Its folder.</param>
    /// <param name="files">Folder that it finds as /files.</param>
    /// <param name="arguments">Of disttrain.</param>
    /// <returns>What it wrote.</returns>
    public Task<string> ClientAsync(string certificates, string files, params string[] arguments) => Podman(
    [
        "run", "--rm", "--pull", "never", "--network", _name, .. _hosts.SelectMany(h => new[] { "--add-host", $"{h.Key}:{h.Value}" }),
        "--volume", $"{certificates}:/certs:ro", "--volume", $"{files}:/files:ro", "localhost/disttrain:dev", .. arguments, "--certs", "/certs",
    ]);

    /// <summary>Asks the pod's containers to end, within the manifest's grace period.</summary>
    /// <returns>The exit code of each container.</returns>
    public static async Task<IReadOnlyList<int>> StopAsync(PlayablePod pod)
    {
        List<int> codes = [];
        foreach (var container in pod.Workload.Pod.Spec.Containers.Select(c => $"{pod.Name}-{c.Name}"))
        {
            // Not the pod: podman would take its network away meanwhile.
            await Podman("stop", "--time", $"{pod.Workload.Pod.Spec.TerminationGracePeriodSeconds ?? 30}", container);
            codes.Add(int.Parse(await Podman("inspect", "--format", "{{.State.ExitCode}}", container)));
        }

        return codes;
    }

    /// <summary>The command that is process 1 where a container runs.</summary>
    public static Task<string> FirstProcessAsync(PlayablePod pod, V1Container container) => Podman("exec", $"{pod.Name}-{container.Name}", "cat", "/proc/1/cmdline");

    /// <summary>What the containers of all pods logged last, for a test that has failed.</summary>
    public async Task<string> LogsAsync()
    {
        List<string> logs = [];
        foreach (var container in _pods.SelectMany(p => p.Workload.Pod.Spec.Containers.Select(c => $"{p.Name}-{c.Name}")))
        {
            try
            {
                var (output, errors) = await ImageScript.RunForBothAsync("podman", "logs", "--tail", "20", container);
                logs.Add($"--- {container}\n{output}{errors}");
            }
            catch (Exception e) when (e is Xunit.Sdk.XunitException)
            {
                logs.Add(e.Message);
            }
        }

        return string.Join('\n', logs);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pod in Enumerable.Reverse(_pods))
            await Podman("pod", "rm", "--force", "--ignore", "--time", "5", pod.Name);
        List<string> claims = [.. _pods.SelectMany(p => p.Claims)];
        if (claims.Count > 0)
            await Podman(["volume", "rm", "--force", .. claims]);
        await Podman("network", "rm", "--force", _name);
        _files.Dispose();
    }

    private static Task<string> Podman(params string[] arguments) => ImageScript.RunAsync(["podman", .. arguments]);
}
