using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Fixtures;

/// <summary>A job of two ranks and three steps on <see cref="TinyModel"/>, under an id of its own, steered as its grain would.</summary>
public sealed class TinyJob
{
    public const string Data = "fingerprint-of-the-data";

    private static int _made;

    public TinyJob(RealServer server, params string[] overrides)
        : this([server], overrides)
    {
    }

    /// <param name="servers">The job's servers, in order of their buckets.</param>
    /// <param name="overrides"><c>path=value</c> on workers=2, steps=3, batch=4 and the defaults.</param>
    public TinyJob(IReadOnlyList<RealServer> servers, params string[] overrides)
    {
        Servers = servers;
        var read = JobFile.Read(null, "test", ["workers=2", "steps=3", "batch=4", .. overrides]);
        Job = read.Job ?? throw new ArgumentException(string.Join('\n', read.Problems), nameof(overrides));
    }

    public string Id { get; init; } = $"tiny-{Interlocked.Increment(ref _made)}";

    public IReadOnlyList<RealServer> Servers { get; }

    /// <summary>What its ranks and its opening say.</summary>
    public long Generation { get; set; } = 1;

    public TrainingJob Job { get; }

    /// <summary>Where its ranks say that they live.</summary>
    public Func<int, string> SiloOf { get; init; } = _ => "silo";

    /// <summary>Which ranks have their gradient in memory that the servers see, and read versions where they are made.</summary>
    public Func<int, bool> SharesMemory { get; init; } = _ => false;

    /// <summary>Steps that make no update, whatever they bring.</summary>
    public IReadOnlyList<StepRange> PassedOver { get; set; } = [];

    /// <summary>A multiple of the batch, so that every step is full.</summary>
    public int TrainExamples { get; init; } = 12;

    /// <summary>None by default: then nothing is evaluated.</summary>
    public int TestExamples { get; init; }

    public int Workers => Job.Spec.Workers;

    public ParameterLayout Layout { get; init; } = TinyModel.Layout;

    /// <summary>The leader's folder.</summary>
    public string Folder => Servers[0].FolderOf(Id);

    public PartitionRequest Request => new() { JobId = Id };

    public IReadOnlyList<Bucket> BucketsOf(int server) => [.. Layout.Buckets.Take(Layout.BucketsOf(server, Servers.Count))];

    public int ServerOf(int bucket) => Enumerable.Range(0, Servers.Count).First(s => BucketsOf(s).Any(b => b.Index == bucket));

    /// <summary>Examples of each rank in a full step.</summary>
    public IReadOnlyList<int> Shares() => [.. Enumerable.Range(0, Workers).Select(r => Shard.Of(r, Workers, Job.Spec.Batch).Count)];

    public OpenPartitionRequest Opening(int server = 0) => new()
    {
        JobId = Id,
        Generation = Generation,
        JobFile = JobFile.Write(Job),
        Layout = LayoutJson.Write(Layout),
        Server = server,
        Servers = Servers.Count,
        TrainExamples = TrainExamples,
        TestExamples = TestExamples,
        DataFingerprint = Data,
        Leader = Servers[0].Endpoint,
        PassedOver = { PassedOver },
    };

    public async Task<TinyJob> OpenAsync()
    {
        for (var server = 0; server < Servers.Count; server++)
            await Servers[server].Partitions.OpenAsync(Opening(server)).ResponseAsync.For("a partition is opened");
        return this;
    }

    /// <summary>Opens the next generation at version 0.</summary>
    public Task<TinyJob> StartOverAsync()
    {
        Generation++;
        return OpenAsync();
    }

    /// <summary>What each server has on disk.</summary>
    public Task<StoredCheckpoints[]> StoredAsync() =>
        Task.WhenAll(Servers.Select(s => s.Partitions.ListCheckpointsAsync(Request).ResponseAsync)).For("the checkpoints are listed");

    /// <summary>Opens the next generation at a checkpoint.</summary>
    /// <param name="step">Its step.</param>
    /// <param name="parts">Its parts, if it is not sealed.</param>
    public async Task<TinyJob> RestoreAsync(long step, params IEnumerable<CheckpointPart> parts)
    {
        Generation++;
        for (var server = 0; server < Servers.Count; server++)
        {
            var opening = Opening(server);
            opening.RestoredStep = step;
            opening.RestoredParts.AddRange(parts);
            await Servers[server].Partitions.OpenAsync(opening).ResponseAsync.For("a partition is restored");
        }

        return this;
    }

    public Task<PartitionStatus[]> StatusAsync() => AllAsync(p => p.GetStatusAsync(Request), "the status");

    /// <summary>Waits until every server says that the job is done.</summary>
    public Task<PartitionStatus[]> FinishedAsync() => Waiting.UntilAsync(StatusAsync, all => all.All(s => s.Finished), "every server has finished");

    public Task<PartitionStatus[]> StopAsync() => AllAsync(p => p.StopAsync(Request), "training is stopped");

    public Task<PartitionStatus[]> ReleaseAsync() => AllAsync(p => p.ReleaseAsync(Request), "the memory is given back");

    /// <summary>Waits until every server has its part of <paramref name="step"/> on disk.</summary>
    public Task<PartitionStatus[]> SavedAsync(long step) =>
        Waiting.UntilAsync(StatusAsync, all => all.All(s => s.Saved.Any(p => p.Step == step)), $"every part of step {step} is saved");

    /// <summary>Declares the checkpoint of <paramref name="step"/> complete.</summary>
    public async Task<PartitionStatus[]> SealAsync(long step, params long[] keep)
    {
        var request = new SealCheckpointRequest { JobId = Id, Keep = { keep } };
        request.Parts.AddRange((await SavedAsync(step)).Select(s => s.Saved.First(p => p.Step == step)));
        return await AllAsync(p => p.SealCheckpointAsync(request), "the checkpoint is sealed");
    }

    /// <summary>The version at rest, from all servers.</summary>
    public async Task<float[]> ReadVersionAsync()
    {
        var vector = new float[Layout.Length];
        var buckets = new List<int>();
        for (var server = 0; server < Servers.Count; server++)
        {
            using var call = Servers[server].Channel.CreateCallInvoker().AsyncServerStreamingCall(
                ExchangeMethods.ReadVersion,
                host: null,
                default,
                new ReadVersionRequest { JobId = Id, Server = server });
            while (await call.ResponseStream.MoveNext(default).For("the version at rest"))
            {
                using var frame = call.ResponseStream.Current;
                var bucket = Layout.Buckets[frame.Head.Parameters.Bucket];
                Assert.Equal(bucket.Length, frame.Payload.Length);
                frame.Payload.CopyTo(vector.AsMemory(bucket.Offset));
                buckets.Add(bucket.Index);
            }
        }

        Assert.Equal(Layout.Buckets.Select(b => b.Index), buckets);
        return vector;
    }

    private Task<PartitionStatus[]> AllAsync(Func<JobPartitions.JobPartitionsClient, AsyncUnaryCall<PartitionStatus>> ask, string what) =>
        Task.WhenAll(Servers.Select(s => ask(s.Partitions).ResponseAsync)).For(what);
}
