using DistTrain.Operator.Hosting;
using DistTrain.Operator.Resources;
using DistTrain.Protocol;
using DistTrain.Protocol.Clients;

namespace DistTrain.Operator.Tests.Doubles;

/// <summary>The operator in this process, between an API server and a front door that are not the real ones, over real connections.</summary>
internal sealed class OperatorRig : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private CancellationTokenSource? _stop;
    private Task _run = Task.CompletedTask;
    private TimeSpan _interval;

    private OperatorRig(ApiServer api, ScriptedCluster cluster, ApiStore objects) => (Api, Cluster, Objects) = (api, cluster, objects);

    public ApiStore Objects { get; }

    public ApiServer Api { get; private set; }

    public ScriptedCluster Cluster { get; }

    /// <summary>Starts all three.</summary>
    /// <param name="interval">Shortest time between two writes of numbers alone; none by default.</param>
    public static async Task<OperatorRig> StartAsync(TimeSpan? interval = null)
    {
        var objects = new ApiStore();
        var rig = new OperatorRig(await ApiServer.StartAsync(objects), await ScriptedCluster.StartAsync(), objects) { _interval = interval ?? TimeSpan.Zero };
        await rig.StartOperatorAsync();
        return rig;
    }

    /// <summary>Returns once the operator has seen all objects.</summary>
    public async Task StartOperatorAsync()
    {
        var access = KubernetesAccess.Open(await Api.KubeconfigAsync(_folder["kubeconfig"]));
        var options = new OperatorOptions
        {
            Door = new FrontDoor(Cluster.Endpoint),
            Kubernetes = access,
            Namespace = KubernetesAccess.NamespaceOf(access),
            StatusInterval = _interval,
            LongestWait = TimeSpan.FromSeconds(1),
        };
        var watching = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _stop = new CancellationTokenSource();
        _run = OperatorHost.RunAsync(options, () => watching.TrySetResult(true), _stop.Token);
        await watching.Task.For("the operator to see all objects", () => $"it is {_run.Status}");
        await Waiting.UntilAsync(() => Api.Watching == ResourceKind.All.Count, "a watch of each kind", () => $"calls: {string.Join(' ', Api.Calls)}");
    }

    public async Task StopOperatorAsync()
    {
        if (_stop is null)
            return;
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
        _stop = null;
    }

    /// <summary>Creates an object and waits until its job runs.</summary>
    /// <param name="name">The object's.</param>
    /// <param name="ttl">Its time to live in seconds; null: for ever.</param>
    /// <param name="kind">Of which kind; null: a TrainingJob.</param>
    /// <returns>Its job.</returns>
    public async Task<ScriptedJob> RunningAsync(string name, int? ttl = null, ResourceKind? kind = null)
    {
        var written = kind == ResourceKind.LandscapeProbe ? Written.Probe(name) : Written.Named(name);
        if (ttl is { } seconds)
            written.Set("ttlSecondsAfterFinished", seconds);
        Objects.Create(written);
        var queued = await Objects.UntilAsync(name, o => o.State() == "Queued", "queued", kind);
        var job = Cluster[queued.JobId()!];
        job.Become(JobState.Running, totalSteps: 30);
        await Objects.UntilAsync(name, o => o.State() == "Running", "running", kind);
        return job;
    }

    public async ValueTask DisposeAsync()
    {
        await StopOperatorAsync();
        await Cluster.DisposeAsync();
        await Api.DisposeAsync();
        _folder.Dispose();
    }
}
