using DistTrain.Protocol;
using DistTrain.Protocol.Clients;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DistTrain.Tests.Silos;

/// <summary>A front door that answers as the test says, over a real connection.</summary>
internal sealed class FakeSilo : TrainingJobs.TrainingJobsBase, IAsyncDisposable
{
    private WebApplication? _app;

    public Endpoint Endpoint { get; private set; }

    public List<SubmitRequest> Submitted { get; } = [];

    public List<string> Cancelled { get; } = [];

    public List<ResumeRequest> Resumed { get; } = [];

    public List<long> WatchedFrom { get; } = [];

    public Func<SubmitRequest, SubmitResponse> OnSubmit { get; set; } = request => new SubmitResponse { JobId = request.JobId };

    public Func<int, IServerStreamWriter<JobEvent>, CancellationToken, Task> OnWatch { get; set; } = (_, _, _) => Task.CompletedTask;

    public Func<JobSummary[]> OnList { get; set; } = () => [];

    public Func<string, JobSummary> OnCancel { get; set; } = job => new JobSummary { JobId = job, State = JobState.Cancelled };

    public Func<IEnumerable<DownloadChunk>> OnDownload { get; set; } = () => [];

    public static async Task<FakeSilo> StartAsync()
    {
        var silo = new FakeSilo();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhostAny());
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(silo);
        silo._app = builder.Build();
        silo._app.MapGrpcService<FakeSilo>();
        await silo._app.StartAsync();
        silo.Endpoint = new Endpoint("127.0.0.1", new Uri(silo._app.Urls.Single()).Port);
        return silo;
    }

    public override Task<SubmitResponse> Submit(SubmitRequest request, ServerCallContext context)
    {
        Submitted.Add(request);
        return Task.FromResult(OnSubmit(request));
    }

    public override Task Watch(WatchRequest request, IServerStreamWriter<JobEvent> responseStream, ServerCallContext context)
    {
        WatchedFrom.Add(request.FromStep);
        return OnWatch(WatchedFrom.Count, responseStream, context.CancellationToken);
    }

    public override Task<ListResponse> List(ListRequest request, ServerCallContext context) =>
        Task.FromResult(new ListResponse { Jobs = { OnList() } });

    public override Task<JobSummary> Cancel(CancelRequest request, ServerCallContext context)
    {
        Cancelled.Add(request.JobId);
        return Task.FromResult(OnCancel(request.JobId));
    }

    public override Task<JobSummary> Resume(ResumeRequest request, ServerCallContext context)
    {
        Resumed.Add(request);
        return Task.FromResult(new JobSummary { JobId = request.JobId, State = JobState.Queued });
    }

    public override async Task Download(DownloadRequest request, IServerStreamWriter<DownloadChunk> responseStream, ServerCallContext context)
    {
        foreach (var chunk in OnDownload())
            await responseStream.WriteAsync(chunk);
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }
}

file static class KestrelSetup
{
    public static void ListenLocalhostAny(this KestrelServerOptions kestrel) =>
        kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
}
