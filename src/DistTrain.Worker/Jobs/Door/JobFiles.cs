using System.Text;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Data;
using DistTrain.Worker.Jobs.Driving;
using DistTrain.Worker.Jobs.Servers;
using DistTrain.Worker.Ranks;
using Google.Protobuf;
using Grpc.Core;

namespace DistTrain.Worker.Jobs.Door;

/// <summary>The files of a job that has ended, assembled from its servers.</summary>
internal sealed class JobFiles(DatasetCache datasets, PeerChannels peers, TimeProvider time)
{
    private const int ChunkBytes = 1 << 20;

    /// <exception cref="RpcException">FAILED_PRECONDITION: the job still runs.</exception>
    public async Task SendAsync(JobDescription job, IServerStreamWriter<DownloadChunk> writer, CancellationToken cancellation)
    {
        if (!job.Phase.HasEnded())
            throw new RpcException(new Status(StatusCode.FailedPrecondition, $"job '{job.JobId}' has not ended; watch it, or cancel it first"));
        await SendFileAsync("job.yaml", Encoding.UTF8.GetBytes(job.JobFile));
        if (job.Data is { } read)
            await SendFileAsync(DatasetSummary.FileName, Encoding.UTF8.GetBytes(read.Summary));
        if (job.Findings is { } found)
            await SendFileAsync(ProbeFindings.FileName, Encoding.UTF8.GetBytes(found));
        if (job.Servers.Count == 0)
            return;
        using var servers = new ServerControl(job.Servers, peers, time);
        await SendFileAsync(MetricsLine.FileName, await MetricsAsync());
        if (await ModelAsync() is { } model)
            await SendFileAsync("model.safetensors", model);

        async Task SendFileAsync(string name, ReadOnlyMemory<byte> contents)
        {
            for (var at = 0; at == 0 || at < contents.Length; at += ChunkBytes)
            {
                var data = UnsafeByteOperations.UnsafeWrap(contents.Slice(at, Math.Min(ChunkBytes, contents.Length - at)));
                await writer.WriteAsync(new DownloadChunk { File = name, Data = data }, cancellation);
            }
        }

        async Task<byte[]> MetricsAsync()
        {
            using var lines = new MemoryStream();
            using var call = servers.WatchMetrics(job.JobId, fromStep: 0, cancellation);
            while (await call.ResponseStream.MoveNext(cancellation))
            {
                lines.Write(MetricsJson.Write(call.ResponseStream.Current));
                lines.WriteByte((byte)'\n');
            }

            return lines.ToArray();
        }

        async Task<byte[]?> ModelAsync()
        {
            var spec = JobFile.Read(job.JobFile, job.JobId, []).Job!.Spec;
            if (spec.Probe is not null)
                return null;
            // The data may have changed since, or be gone: the job's record knows what its model needs of them.
            var layout = (job.Data is { } known ? JobPreparation.Of(spec, known) : await JobPreparation.OfAsync(spec, datasets)).Layout;
            try
            {
                var vector = await servers.ReadVersionAsync(job.JobId, layout, cancellation);
                using var file = new MemoryStream();
                SafeTensorsWriter.Write(file, layout, vector, new Dictionary<string, string> { ["disttrain.job"] = job.JobFile });
                return file.ToArray();
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.NotFound && job.Phase != JobPhase.Completed)
            {
                // Cancelled before anything was saved.
                return null;
            }
        }
    }
}
