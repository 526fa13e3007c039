using System.Diagnostics;
using System.Threading.Channels;
using DistTrain.Protocol;
using DistTrain.Protocol.Clients;
using DistTrain.Protocol.Transport;
using Grpc.Core;
using Grpc.Net.Client;

namespace DistTrain.Worker.Ranks;

/// <summary>A rank's long-lived stream to one server: frames are sent in order from a queue, what comes back goes to the inbox.</summary>
internal sealed class ServerStream : IAsyncDisposable
{
    private readonly GrpcChannel _channel;
    private readonly CancellationTokenSource _cut = new();
    private readonly Channel<Frame<RankMessage>> _outgoing =
        Channel.CreateUnbounded<Frame<RankMessage>>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    private readonly Task _running;
    private long _lastSent;

    private ServerStream(PeerChannels peers, string endpoint, int server, VersionInbox inbox)
    {
        _channel = peers.Connect(endpoint);
        _running = RunAsync(endpoint, server, inbox);
    }

    /// <summary>Timestamp at which the last message so far was handed to the transport.</summary>
    public long LastSent => Volatile.Read(ref _lastSent);

    /// <summary>Opens the stream and joins; failures reach the inbox.</summary>
    public static ServerStream Open(PeerChannels peers, string endpoint, int server, VersionInbox inbox, JoinRequest join)
    {
        var stream = new ServerStream(peers, endpoint, server, inbox);
        stream.Send(new RankMessage { Join = join });
        return stream;
    }

    /// <summary>Queues a message. <paramref name="payload"/> must keep its contents until the server has answered the step.</summary>
    public void Send(RankMessage message, ReadOnlyMemory<float> payload = default) =>
        _outgoing.Writer.TryWrite(Frame<RankMessage>.ToSend(message, payload));

    /// <summary>Says that nothing more will be sent and waits for the server to have read all of it.</summary>
    public Task CompleteAsync()
    {
        _outgoing.Writer.TryComplete();
        return _running;
    }

    public async ValueTask DisposeAsync()
    {
        await _cut.CancelAsync();
        await _running;
        _channel.Dispose();
        _cut.Dispose();
    }

    private async Task RunAsync(string endpoint, int server, VersionInbox inbox)
    {
        try
        {
            using var call = _channel.CreateCallInvoker().AsyncDuplexStreamingCall(
                ExchangeMethods.Exchange,
                host: null,
                new CallOptions(cancellationToken: _cut.Token));
            var sending = SendAllAsync(call.RequestStream);
            while (await call.ResponseStream.MoveNext(_cut.Token))
            {
                using var frame = call.ResponseStream.Current;
                inbox.Receive(server, frame);
            }

            await sending;
            inbox.Fail(new RpcException(new Status(StatusCode.Unavailable, "the server ended the stream")));
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or IOException or InvalidOperationException)
        {
            inbox.Fail(e is RpcException rpc ? OfServer(endpoint, rpc) : new RpcException(new Status(StatusCode.Unavailable, e.Message)));
        }
    }

    /// <summary>A peer that is away says nothing of itself: which one it is, whoever reads of it has to be told.</summary>
    private static RpcException OfServer(string endpoint, RpcException failure) => failure.IsAway()
        ? new RpcException(new Status(failure.StatusCode, $"server {endpoint}: {CallFailure.Reason(failure)}", failure.Status.DebugException))
        : failure;

    private async Task SendAllAsync(IClientStreamWriter<Frame<RankMessage>> writer)
    {
        try
        {
            await foreach (var frame in _outgoing.Reader.ReadAllAsync(_cut.Token))
            {
                await writer.WriteAsync(frame, _cut.Token);
                Volatile.Write(ref _lastSent, Stopwatch.GetTimestamp());
            }

            await writer.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or IOException or InvalidOperationException)
        {
            // The reading side learns the reason from the call's status.
        }
    }
}
