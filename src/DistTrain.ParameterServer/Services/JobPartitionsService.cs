using DistTrain.ParameterServer.Partitions;
using DistTrain.Protocol;
using DistTrain.Training.Steps;
using Grpc.Core;

namespace DistTrain.ParameterServer.Services;

/// <summary>How a job's grain steers this server.</summary>
internal sealed class JobPartitionsService(PartitionStore partitions, ServerOptions options) : JobPartitions.JobPartitionsBase
{
    public override async Task<PartitionStatus> Open(OpenPartitionRequest request, ServerCallContext context) =>
        StatusOf(await partitions.OpenAsync(request));

    public override Task<StartExamination> ExamineStart(OpenPartitionRequest request, ServerCallContext context) => Task.Run(() =>
    {
        var start = partitions.ExamineStart(request);
        return new StartExamination { Problems = { start.Problems }, Sha256 = start.Sha256 ?? string.Empty };
    });

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
        stored.FreeBytes = partitions.FreeBytes(request.JobId);
        stored.Generation = partitions.Find(request.JobId)?.Plan.Generation ?? 0;
        return Task.FromResult(stored);
    }

    public override Task<PartitionStatus> Release(PartitionRequest request, ServerCallContext context)
    {
        partitions.Release(request.JobId, request.Completed);
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

        foreach (var metrics in Stored(request.JobId).Where(metrics => metrics.StepNumber >= request.FromStep))
            await responseStream.WriteAsync(metrics, context.CancellationToken);
    }

    /// <summary>
    /// What the file tells of a job that is not open. It may end in a line that was cut off; a line in its middle that can't be read is damage, which is
    /// not passed over.
    /// </summary>
    /// <exception cref="RpcException">There is no history, or it can't be read: trying again would not help.</exception>
    private IEnumerable<MetricsEvent> Stored(string jobId)
    {
        var path = Path.Combine(partitions.FolderOf(jobId).Path, MetricsLine.FileName);
        using var lines = MetricsLine.ReadAll(path).GetEnumerator();
        while (Next() is { Event: var metrics } line)
        {
            if (metrics is not null)
                yield return metrics;
            else if (!line.IsLast)
                throw new RpcException(new Status(StatusCode.FailedPrecondition, $"the history of job '{jobId}' is damaged; restore the file from a copy. {line.Problem}"));
        }

        MetricsLine? Next()
        {
            try
            {
                return lines.MoveNext() ? lines.Current : null;
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                throw new RpcException(new Status(StatusCode.NotFound, $"job '{jobId}' has no metrics on this server"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new RpcException(new Status(StatusCode.FailedPrecondition, $"the history of job '{jobId}' can't be read: {e.Message}"));
            }
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
            Fault = partition.Fault,
            Leaving = partitions.IsLeaving,
        };
        if (partition.Checkpoints.Awaited is { } save)
            status.AwaitedSave = save;
        status.Saved.AddRange(partition.Checkpoints.Saved);
        if (partition.Probe is not null && status.Finished)
            status.OpenStep = OpenStepJson.Write(partition.Open);
        // The summary walks the whole history: only where it is read, at the end.
        if (partition.History is { } history && (status.Finished || status.Stopped))
            status.Result = history.Summarize();
        return status;
    }
}
