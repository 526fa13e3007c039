using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Tests.Doubles;

/// <summary>A parameter server over a real connection that answers as the test says. Alone it owns all buckets of its jobs.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private WebApplication? _app;

    /// <summary>host:port; the same after it was away.</summary>
    public string Endpoint { get; private set; } = string.Empty;

    /// <summary>How it stands; null: it does not know the job.</summary>
    public PartitionStatus? Status { get; set; } = new() { TotalSteps = 10 };

    /// <summary>What is on its disk.</summary>
    public StoredCheckpoints Stored { get; set; } = new();

    /// <summary>Refuses the opening of a checkpoint; null: it can be used.</summary>
    public Func<OpenPartitionRequest, Status?> RefusesOpening { get; set; } = _ => null;

    /// <summary>The names of the calls that steer it, in order; openings with their generation and step.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>The history that it tells; completed: no more comes.</summary>
    public Channel<MetricsEvent> History { get; set; } = Channel.CreateUnbounded<MetricsEvent>();

    /// <summary>Streams of ranks, as they come.</summary>
    public Channel<RankStream> Ranks { get; } = Channel.CreateUnbounded<RankStream>();

    /// <summary>The vector that it gives of a job at rest.</summary>
    public (ParameterLayout Layout, float[] Vector)? Final { get; set; }

    public static async Task<ScriptedServer> StartAsync()
    {
        var server = new ScriptedServer();
        await server.OpenAsync();
        return server;
    }

    /// <summary>Takes calls.</summary>
    public async Task OpenAsync()
    {
        var port = Endpoint.Length > 0 ? int.Parse(Endpoint.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture) : 0;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = null);
        builder.Services.AddSingleton(this);
        _app = builder.Build();
        _app.MapGrpcService<Partitions>();
        _app.MapGrpcService<Streams>();
        await _app.StartAsync();
        Endpoint = $"127.0.0.1:{new Uri(_app.Urls.Single()).Port}";
    }

    /// <summary>Is away, and its streams are cut.</summary>
    public async Task CloseAsync()
    {
        if (_app is not { } app)
            return;
        _app = null;
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }

    /// <summary>The next rank's stream.</summary>
    public async Task<RankStream> RankAsync() => await Ranks.Reader.ReadAsync().AsTask().For("a rank joins the server");

    public ValueTask DisposeAsync() => new(CloseAsync());

    private sealed class Partitions(ScriptedServer server) : JobPartitions.JobPartitionsBase
    {
        public override Task<PartitionStatus> Open(OpenPartitionRequest request, ServerCallContext context)
        {
            server.Calls.Enqueue($"open {request.Generation} at {(request.HasRestoredStep ? request.RestoredStep : 0)}");
            if (server.RefusesOpening(request) is { } refusal)
                throw new RpcException(refusal);
            server.Status ??= new PartitionStatus { TotalSteps = 10 };
            server.Status.Version = request.RestoredStep;
            return Task.FromResult(server.Status);
        }

        public override Task<PartitionStatus> GetStatus(PartitionRequest request, ServerCallContext context) => Known("status");

        public override Task<PartitionStatus> Stop(PartitionRequest request, ServerCallContext context) => Known("stop");

        public override Task<PartitionStatus> SealCheckpoint(SealCheckpointRequest request, ServerCallContext context)
        {
            server.Status?.Saved.Clear();
            return Known($"seal {request.Parts[0].Step}");
        }

        public override Task<StoredCheckpoints> ListCheckpoints(PartitionRequest request, ServerCallContext context) => Task.FromResult(server.Stored);

        public override Task<PartitionStatus> Release(PartitionRequest request, ServerCallContext context) => Known("release");

        public override async Task WatchMetrics(WatchMetricsRequest request, IServerStreamWriter<MetricsEvent> responseStream, ServerCallContext context)
        {
            server.Calls.Enqueue($"watch from {request.FromStep}");
            await foreach (var line in server.History.Reader.ReadAllAsync(context.CancellationToken))
                await responseStream.WriteAsync(line, context.CancellationToken);
        }

        private Task<PartitionStatus> Known(string call)
        {
            server.Calls.Enqueue(call);
            return server.Status is { } status ? Task.FromResult(status) : throw new RpcException(new Status(StatusCode.NotFound, "the server has no such job"));
        }
    }

    private sealed class Streams(ScriptedServer server) : ParameterExchange.ParameterExchangeBase
    {
        public override async Task Exchange(IAsyncStreamReader<RankMessage> requestStream, IServerStreamWriter<ServerMessage> responseStream, ServerCallContext context)
        {
            var rank = new RankStream(requestStream, responseStream);
            server.Ranks.Writer.TryWrite(rank);
            await rank.Over.WaitAsync(context.CancellationToken);
        }

        public override async Task ReadVersion(ReadVersionRequest request, IServerStreamWriter<ServerMessage> responseStream, ServerCallContext context)
        {
            var (layout, vector) = server.Final ?? throw new RpcException(new Status(StatusCode.NotFound, "nothing was saved"));
            foreach (var bucket in layout.Buckets)
                await responseStream.WriteAsync(RankStream.Bucket(layout, vector, version: 0, bucket.Index));
        }
    }
}
