using DistTrain.ParameterServer.Hosting;
using DistTrain.ParameterServer.Partitions;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.ParameterServer.Services;

/// <summary>How a job's grain steers this server.</summary>
internal sealed class JobPartitionsService(PartitionStore partitions, ServerOptions options) : JobPartitions.JobPartitionsBase
{
    public override async Task<PartitionStatus> Open(OpenPartitionRequest request, ServerCallContext context) =>
        StatusOf(await partitions.OpenAsync(request));

    public override Task<PartitionStatus> GetStatus(PartitionRequest request, ServerCallContext context) =>
        Task.FromResult(StatusOf(partitions.Get(request.JobId)));

    public override async Task<PartitionStatus> Stop(PartitionRequest request, ServerCallContext context)
    {
        var partition = partitions.Get(request.JobId);
        await partition.StopAsync(options.StepPatience);
        partition.History?.End();
        return StatusOf(partition);
    }

    public override Task<PartitionStatus> SealCheckpoint(SealCheckpointRequest request, ServerCallContext context)
    {
        var partition = partitions.Get(request.JobId);
        partition.Checkpoints.Seal(request.Parts, request.Keep);
        return Task.FromResult(StatusOf(partition));
    }

    public override Task<StoredCheckpoints> ListCheckpoints(PartitionRequest request, ServerCallContext context)
    {
        var stored = partitions.FolderOf(request.JobId).Stored();
        stored.Generation = partitions.Find(request.JobId)?.Plan.Generation ?? 0;
        return Task.FromResult(stored);
    }

    public override Task<PartitionStatus> Release(PartitionRequest request, ServerCallContext context)
    {
        partitions.Release(request.JobId);
        return Task.FromResult(new PartitionStatus { JobId = request.JobId, Stopped = true });
    }

    public override async Task WatchMetrics(WatchMetricsRequest request, IServerStreamWriter<MetricsEvent> responseStream, ServerCallContext context)
    {
        if (partitions.Find(request.JobId)?.History is { } history)
        {
            await foreach (var metrics in history.WatchAsync(request.FromStep, context.CancellationToken))
                await responseStream.WriteAsync(metrics, context.CancellationToken);
            return;
        }

        var path = Path.Combine(partitions.FolderOf(request.JobId).Path, "metrics.jsonl");
        if (!File.Exists(path))
            throw new RpcException(new Status(StatusCode.NotFound, $"job '{request.JobId}' has no metrics on this server"));
        await foreach (var line in File.ReadLinesAsync(path, context.CancellationToken))
        {
            var metrics = MetricsJson.Read(line, path);
            if (metrics.StepNumber >= request.FromStep)
                await responseStream.WriteAsync(metrics, context.CancellationToken);
        }
    }

    private PartitionStatus StatusOf(Partition partition)
    {
        var status = new PartitionStatus
        {
            JobId = partition.Plan.JobId,
            Generation = partition.Plan.Generation,
            Version = partition.Version,
            TotalSteps = partition.TotalSteps,
            Finished = partition.Finished,
            Stopped = partition.Stopped,
            Error = partition.Error ?? string.Empty,
            Note = partition.Note ?? string.Empty,
            Fault = partition.Fault?.ToMessage(),
            Leaving = partitions.IsLeaving,
        };
        status.Saved.AddRange(partition.Checkpoints.Saved);
        // The summary walks the whole history: only where it is read, at the end.
        if (partition.History is { } history && (status.Finished || status.Stopped))
            status.Result = history.Summarize();
        return status;
    }
}
