using System.Diagnostics;
using System.Globalization;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Protocol.Regions;
using DistTrain.Protocol.Transport;
using Grpc.Core;

namespace DistTrain.Benchmarks.Wire;

/// <summary>A rank that computes nothing: pushes a gradient, takes the next version into a vector of its own, and again.</summary>
internal sealed class WireRank(string endpoint, string job, int rank, bool inMemory, ParameterLayout layout)
{
    private readonly float[] _parameters = new float[layout.Length];
    private SharedRegion? _gradient;
    private SeenRegion? _versions;

    /// <summary>Prints <c>ready</c> behind the first steps, waits for a line, runs the timed ones, prints its milliseconds and processor milliseconds of a step.</summary>
    public async Task RunAsync(int steps, int skip)
    {
        using var channel = new PeerChannels(certificates: null, "silo").Connect(endpoint);
        using var call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(ExchangeMethods.Exchange, host: null, default);
        _gradient = inMemory ? SharedRegion.TryCreate(layout.Length, out _) : null;
        var gradient = _gradient?.Memory ?? new float[layout.Length];
        gradient.Span.Fill(1e-6f);
        await SendAsync(call, new RankMessage
        {
            Join = new JoinRequest { JobId = job, Generation = 1, Rank = rank, LayoutHash = layout.Hash, DataFingerprint = WireBenchmark.Data, Silo = "wire", Gradient = _gradient?.Offer },
        });
        await call.ResponseStream.MoveNext(default);
        var joined = call.ResponseStream.Current.Head.Joined;
        if (inMemory && !_gradient!.IsSeenBy(joined.Gradient))
            throw new InvalidOperationException($"no memory is shared: {joined.Gradient?.Refusal}");
        if (joined.Versions is { } offer)
        {
            _versions = SeenRegion.TryOpen(offer, out var answer);
            await SendAsync(call, new RankMessage { Region = answer });
        }

        await SendAsync(call, new RankMessage { Pull = new PullRequest() });
        await ReceiveAsync(call, 0);
        var (watch, before) = (Stopwatch.StartNew(), TimeSpan.Zero);
        for (var step = 0; step < skip + steps; step++)
        {
            if (step == skip)
            {
                Console.WriteLine("ready");
                Console.ReadLine();
                (watch, before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
            }

            await PushAsync(call, gradient, step);
            await ReceiveAsync(call, step + 1);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalMilliseconds / steps} {(Environment.CpuUsage.TotalTime - before).TotalMilliseconds / steps}"));
    }

    private static Task SendAsync(AsyncDuplexStreamingCall<Frame<RankMessage>, Frame<ServerMessage>> call, RankMessage message, ReadOnlyMemory<float> payload = default) =>
        call.RequestStream.WriteAsync(Frame<RankMessage>.ToSend(message, payload));

    private async Task PushAsync(AsyncDuplexStreamingCall<Frame<RankMessage>, Frame<ServerMessage>> call, Memory<float> gradient, long step)
    {
        var contribution = new Contribution { Rank = rank, Examples = 1 };
        if (_gradient is not null)
        {
            var report = new GradientReport { Step = step, Contribution = contribution };
            report.SquaredNorms.AddRange(layout.Buckets.Select(_ => 0.0));
            await SendAsync(call, new RankMessage { Report = report });
            return;
        }

        foreach (var bucket in layout.Buckets)
        {
            var chunk = new GradientChunk { Step = step, Bucket = bucket.Index, Contribution = contribution };
            await SendAsync(call, new RankMessage { Gradient = chunk }, gradient.Slice(bucket.Offset, bucket.Length));
        }
    }

    private async Task ReceiveAsync(AsyncDuplexStreamingCall<Frame<RankMessage>, Frame<ServerMessage>> call, long version)
    {
        while (await call.ResponseStream.MoveNext(default))
        {
            using var frame = call.ResponseStream.Current;
            if (frame.Head.Parameters is { } chunk)
                frame.Payload.CopyTo(_parameters.AsMemory(layout.Buckets[chunk.Bucket].Offset));
            if (frame.Head.Head is not { } head || head.Version != version)
                continue;
            if (head.Region != 0)
                _versions!.Memory.Slice((int)head.FirstElement, layout.Length).CopyTo(_parameters);
            return;
        }

        throw new InvalidOperationException("the server ended the stream");
    }
}
