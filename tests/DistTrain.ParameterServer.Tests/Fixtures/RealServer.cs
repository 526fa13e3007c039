using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Files;
using DistTrain.ParameterServer.Hosting;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Recipes;
using Grpc.Net.Client;

namespace DistTrain.ParameterServer.Tests.Fixtures;

/// <summary>A parameter server on a free port, with a folder for its jobs and a channel to it.</summary>
public sealed class RealServer : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TempFolder _folder = new();
    private Task _running = Task.CompletedTask;
    private GrpcChannel? _channel;

    /// <summary>Where the jobs' folders are; servers of one job may share it.</summary>
    public string? Folder { get; init; }

    /// <summary>The folder of the one job that it takes; null: each has its own.</summary>
    public string? RunFolder { get; init; }

    /// <summary>Where its jobs may start from; null: anywhere.</summary>
    public string? DataRoot { get; init; }

    public long MemoryLimit { get; init; } = 1 << 30;

    /// <summary>What it is started for.</summary>
    public string Determinism { get; init; } = Determinisms.Host;

    /// <summary>Most threads that work on the buckets of a job.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>How long it waits, when it leaves, for jobs that train or are not released: here nobody drives them.</summary>
    public TimeSpan StopPatience { get; init; }

    /// <summary>How long a job that is stopped waits for its step to close and its ranks to leave: here most of them stay to the end of their test.</summary>
    public TimeSpan StepPatience { get; init; }

    /// <summary>What its jobs start from.</summary>
    internal FirstVersion FirstVersion { get; init; } = VersionZero.Fill;

    /// <summary>Makes its sums of gradients.</summary>
    internal Func<RankTree, Bucket, BucketSum> NewSum { get; init; } = (tree, bucket) => new BucketSum(tree, bucket);

    /// <summary>What its jobs' files are changed through.</summary>
    internal Disk Disk { get; init; } = Disk.Real;

    /// <summary>host:port.</summary>
    public string Endpoint { get; private set; } = string.Empty;

    public GrpcChannel Channel => _channel ?? throw new InvalidOperationException("the server has not been started");

    public JobPartitions.JobPartitionsClient Partitions => new(Channel);

    public static async Task<RealServer> StartAsync(string? folder = null, long memoryLimit = 1 << 30, TimeSpan stopPatience = default)
    {
        var server = new RealServer { Folder = folder, MemoryLimit = memoryLimit, StopPatience = stopPatience };
        try
        {
            await server.InitializeAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public string FolderOf(string jobId) => Path.Combine(Folder ?? _folder.Path, jobId);

    public async ValueTask InitializeAsync()
    {
        var listening = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = new ServerOptions
        {
            JobFolder = FolderOf("{job}"),
            RunFolder = RunFolder,
            DataRoot = DataRoot,
            MemoryLimit = MemoryLimit,
            Determinism = Determinism,
            Threads = Threads,
            FirstVersion = FirstVersion,
            NewSum = NewSum,
            Disk = Disk,
            StopPatience = StopPatience,
            StepPatience = StepPatience,
        };
        _running = ServerHost.RunAsync(options, listening.SetResult, _stop.Token);
        if (await Task.WhenAny(listening.Task, _running).For("the server listens") == _running)
            await _running;
        Endpoint = await listening.Task;
        _channel = new PeerChannels(certificates: null).Connect(Endpoint);
    }

    /// <summary>Asks it to end, and returns when it has ended.</summary>
    public async Task LeaveAsync()
    {
        await _stop.CancelAsync();
        await _running.For("the server ends");
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _channel?.Dispose();
            await LeaveAsync();
        }
        finally
        {
            _stop.Dispose();
            _folder.Dispose();
        }
    }
}
