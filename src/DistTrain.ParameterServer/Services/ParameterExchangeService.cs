using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Exchanges;
using DistTrain.ParameterServer.Partitions;
using DistTrain.ParameterServer.Ranks;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using Grpc.Core;

namespace DistTrain.ParameterServer.Services;

/// <summary>The data road at the server: one stream for each rank, read and written independently.</summary>
internal sealed class ParameterExchangeService(PartitionStore partitions, TimeProvider time)
{
    public async Task Exchange(
        IAsyncStreamReader<Frame<RankMessage>> reader,
        IServerStreamWriter<Frame<ServerMessage>> writer,
        ServerCallContext context)
    {
        if (!await FirstMessage.ArrivesAsync(reader, time, context) || reader.Current.Head.Join is not { } join)
            throw new RpcException(new Status(StatusCode.InvalidArgument, "the first message of a stream must be a join"));
        var partition = partitions.Get(join.JobId);
        var session = partition.Join(join);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var receiving = ReceiveAsync(partition, session, reader, cut.Token);
        try
        {
            await foreach (var frame in session.Outgoing.ReadAllAsync(cut.Token))
                await writer.WriteAsync(frame, cut.Token);
        }
        finally
        {
            await cut.CancelAsync();
            partition.Leave(session);
            await receiving;
        }
    }

    public async Task ReadVersion(ReadVersionRequest request, IServerStreamWriter<Frame<ServerMessage>> writer, ServerCallContext context)
    {
        if (request.Vector != ProbeVector.None)
        {
            await SendProbedAsync(request, writer, context);
            return;
        }

        // While ranks have replicas of their own there is no version of all; the last one they had is on disk.
        if (partitions.Find(request.JobId) is { } partition && (partition.IsTogether || !partition.Stopped))
        {
            if (!partition.Stopped && !partition.Finished)
                throw new RpcException(new Status(StatusCode.FailedPrecondition, $"job '{request.JobId}' is still training"));
            foreach (var bucket in partition.Plan.Buckets)
                await SendAsync(partition.Version, bucket.Index, partition.Committed(bucket));
            return;
        }

        var (manifest, run) = ReadFromDisk(request);
        for (var at = 0; at < run.Length; at += manifest.BucketLength)
            await SendAsync(manifest.Step, (manifest.FirstElement + at) / manifest.BucketLength, run.AsMemory(at, Math.Min(manifest.BucketLength, run.Length - at)));

        Task SendAsync(long version, int bucket, ReadOnlyMemory<float> payload) =>
            writer.WriteAsync(
                Frame<ServerMessage>.ToSend(new ServerMessage { Parameters = new ParameterChunk { Version = version, Bucket = bucket } }, payload),
                context.CancellationToken);
    }

    private async Task SendProbedAsync(ReadVersionRequest request, IServerStreamWriter<Frame<ServerMessage>> writer, ServerCallContext context)
    {
        var plan = partitions.Get(request.JobId).Plan;
        var run = partitions.Get(request.JobId).Probe?.Vector(request.Vector)
            ?? throw new RpcException(new Status(StatusCode.FailedPrecondition, $"job '{request.JobId}' has no such vector"));
        foreach (var bucket in plan.Buckets)
        {
            await writer.WriteAsync(
                Frame<ServerMessage>.ToSend(
                    new ServerMessage { Parameters = new ParameterChunk { Bucket = bucket.Index } },
                    run.Slice((bucket.Offset - plan.Offset) * plan.Width, bucket.Length * plan.Width)),
                context.CancellationToken);
        }
    }

    private static async Task ReceiveAsync(
        Partition partition,
        RankSession session,
        IAsyncStreamReader<Frame<RankMessage>> reader,
        CancellationToken cancellation)
    {
        try
        {
            while (await ReadAsync(reader, cancellation) is { } frame)
            {
                using (frame)
                    Receive(partition, session, frame);
            }

            session.End(StatusCode.OK, string.Empty);
        }
        catch (RpcException e)
        {
            session.End(e.StatusCode, e.Status.Detail);
        }
        catch (Exception e)
        {
            // The edge of the stream: whatever it is, the rank is told instead of waiting for an answer for ever.
            session.End(StatusCode.Unknown, $"{e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>The next message, or null when the rank has no more to send.</summary>
    private static async Task<Frame<RankMessage>?> ReadAsync(IAsyncStreamReader<Frame<RankMessage>> reader, CancellationToken cancellation)
    {
        try
        {
            return await reader.MoveNext(cancellation) ? reader.Current : null;
        }
        catch (InvalidDataException e)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, e.Message));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The rank went away: what it had pushed whole is counted, a cut message never arrived.
            throw new RpcException(new Status(StatusCode.Cancelled, "the stream was cut"));
        }
    }

    private static void Receive(Partition partition, RankSession session, Frame<RankMessage> frame)
    {
        switch (frame.Head.BodyCase)
        {
            case RankMessage.BodyOneofCase.Pull:
                partition.Pull(session, frame.Head.Pull.Version);
                break;
            case RankMessage.BodyOneofCase.Gradient:
                partition.Gradients.Push(session, new Chunk(frame, session.Said(frame.Head.Gradient)));
                break;
            case RankMessage.BodyOneofCase.Report:
                partition.Gradients.Push(session, frame.Head.Report);
                break;
            case RankMessage.BodyOneofCase.Region:
                partition.Answer(session, frame.Head.Region);
                break;
            case RankMessage.BodyOneofCase.Evaluation:
                partition.Evaluate(session, frame.Head.Evaluation);
                break;
            case RankMessage.BodyOneofCase.Probed:
                partition.Probed(session, frame.Head.Probed);
                break;
            case RankMessage.BodyOneofCase.Curvature:
                partition.Probed(session, frame.Head.Curvature);
                break;
            case RankMessage.BodyOneofCase.Smoothness:
                partition.Probed(session, frame.Head.Smoothness);
                break;
            case RankMessage.BodyOneofCase.Digest:
                partition.Digest(session, frame.Head.Digest);
                break;
            default:
                throw new RpcException(new Status(StatusCode.InvalidArgument, $"unexpected message {frame.Head.BodyCase}"));
        }
    }

    private ((long Step, int FirstElement, int BucketLength) Manifest, float[] Run) ReadFromDisk(ReadVersionRequest request)
    {
        try
        {
            var (folder, manifest) = CheckpointReader.Find(partitions.FolderOf(request.JobId).Path);
            var part = manifest.Parts.FirstOrDefault(p => p.Server == request.Server)
                ?? throw new CheckpointException($"{folder}: server {request.Server} has no part");
            var bucketLength = Optimization.Parameters.LayoutJson.Read(manifest.Layout).BucketLength;
            return ((manifest.Step, part.FirstElement, bucketLength), CheckpointReader.ReadPart(folder, part));
        }
        catch (CheckpointException e)
        {
            throw new RpcException(new Status(StatusCode.NotFound, e.Message));
        }
    }
}
