using System.Runtime.InteropServices;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using Google.Protobuf;
using Grpc.Core;

namespace DistTrain.Worker.Tests.Doubles;

/// <summary>A rank's stream as its server sees it: the test reads each message and says each answer.</summary>
internal sealed class RankStream(IAsyncStreamReader<RankMessage> from, IServerStreamWriter<ServerMessage> to)
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The server ends the stream when this does.</summary>
    public Task Over => _over.Task;

    public static ServerMessage Bucket(ParameterLayout layout, float[] vector, long version, int bucket)
    {
        var place = layout.Buckets[bucket];
        return new ServerMessage
        {
            Parameters = new ParameterChunk { Version = version, Bucket = bucket },
            Payload = ByteString.CopyFrom(MemoryMarshal.AsBytes(vector.AsSpan(place.Offset, place.Length))),
        };
    }

    /// <summary>The next message; null: the rank has nothing more to say.</summary>
    public async Task<RankMessage?> NextAsync(string what) => await from.MoveNext(CancellationToken.None).For(what) ? from.Current : null;

    /// <summary>Takes the rank in, which then pulls a version, and gives it that.</summary>
    /// <returns>What it joined with.</returns>
    public async Task<JoinRequest> TakeInAsync(VersionHead head, ParameterLayout layout, float[] vector)
    {
        var join = (await NextAsync("the rank joins"))!.Join;
        await to.WriteAsync(new ServerMessage { Joined = new Joined { OpenStep = head.Version } });
        Assert.Equal(head.Version, (await NextAsync("the rank pulls"))!.Pull.Version);
        await GiveAsync(head, layout, vector);
        return join;
    }

    /// <summary>Sends a version.</summary>
    public async Task GiveAsync(VersionHead head, ParameterLayout layout, float[] vector)
    {
        foreach (var bucket in layout.Buckets)
            await to.WriteAsync(Bucket(layout, vector, head.Version, bucket.Index));
        await to.WriteAsync(new ServerMessage { Head = head });
    }

    /// <summary>Reads a gradient, all buckets of it, and what the rank says of it.</summary>
    public async Task<(float[] Gradient, Contribution Contribution)> GradientAsync(long step, ParameterLayout layout)
    {
        var gradient = new float[layout.Length];
        var contribution = new Contribution();
        for (var bucket = 0; bucket < layout.Buckets.Count; bucket++)
        {
            var message = (await NextAsync($"bucket {bucket} of step {step}"))!;
            Assert.Equal((step, bucket), (message.Gradient.Step, message.Gradient.Bucket));
            message.Payload.Span.CopyTo(MemoryMarshal.AsBytes(gradient.AsSpan(layout.Buckets[bucket].Offset, layout.Buckets[bucket].Length)));
            // Told once, for all buckets.
            Assert.Equal(bucket == 0, message.Gradient.Contribution is not null);
            contribution = message.Gradient.Contribution ?? contribution;
        }

        return (gradient, contribution);
    }

    /// <summary>Ends the stream, in order or with a reason.</summary>
    public void End(Status? reason = null)
    {
        if (reason is { } status)
            _over.SetException(new RpcException(status));
        else
            _over.SetResult();
    }
}
