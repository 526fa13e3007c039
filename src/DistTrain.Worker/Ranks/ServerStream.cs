using System.Diagnostics;
using System.Threading.Channels;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Protocol.Clients;
using DistTrain.Protocol.Regions;
using DistTrain.Protocol.Transport;
using Grpc.Core;
using Grpc.Net.Client;

namespace DistTrain.Worker.Ranks;

/// <summary>
/// A rank's long-lived stream to one server: frames are sent in order from a queue, what comes back goes to the inbox. Where both are on one machine, it
/// says only where the floats are in memory that both see.
/// </summary>
internal sealed class ServerStream : IAsyncDisposable
{
    private readonly GrpcChannel _channel;
    private readonly CancellationTokenSource _cut = new();
    private readonly Channel<Frame<RankMessage>> _outgoing =
        Channel.CreateUnbounded<Frame<RankMessage>>(new UnboundedChannelOptions { SingleReader = true });

    private readonly SharedRegion? _gradient;
    private readonly MemorySharing _memory;
    private readonly string _endpoint;
    private readonly Task _running;
    private SeenRegion? _versions;
    private volatile bool _sharesGradient;
    private long _lastSent;

    private ServerStream(PeerChannels peers, string endpoint, int server, VersionInbox inbox, SharedRegion? gradient)
    {
        _channel = peers.Connect(endpoint);
        (_gradient, _memory, _endpoint) = (gradient, peers.Memory, endpoint);
        _running = RunAsync(endpoint, server, inbox);
    }

    /// <summary>The server sees the rank's gradient where it is. Known once it has taken the rank in.</summary>
    public bool SharesGradient => _sharesGradient;

    /// <summary>Timestamp at which the last message so far was handed to the transport.</summary>
    public long LastSent => Volatile.Read(ref _lastSent);

    /// <summary>Opens the stream and joins; failures reach the inbox.</summary>
    public static ServerStream Open(PeerChannels peers, string endpoint, int server, VersionInbox inbox, JoinRequest join, SharedRegion? gradient)
    {
        var stream = new ServerStream(peers, endpoint, server, inbox, gradient);
        stream.Send(new RankMessage { Join = join });
        return stream;
    }

    /// <summary>Queues a message. <paramref name="payload"/> must keep its contents until the server has answered the step.</summary>
    public void Send(RankMessage message, ReadOnlyMemory<float> payload = default) =>
        _outgoing.Writer.TryWrite(Frame<RankMessage>.ToSend(message, payload));

    /// <summary>Reads a vector of the server's apart from the stream.</summary>
    /// <exception cref="RpcException">The server is away, or has no such vector.</exception>
    public async Task ReadAsync(ReadVersionRequest request, ParameterLayout layout, Memory<float> vector, int width, CancellationToken stop)
    {
        try
        {
            await VersionPart.ReadAsync(_channel, request, layout, vector, width, stop);
        }
        catch (RpcException e) when (!stop.IsCancellationRequested)
        {
            throw OfServer(_endpoint, e);
        }
    }

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
                inbox.Receive(server, frame, Shared(frame.Head));
            }

            await sending;
            inbox.Fail(new RpcException(new Status(StatusCode.Unavailable, "the server ended the stream")));
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or IOException or InvalidOperationException)
        {
            inbox.Fail(e is RpcException rpc ? OfServer(endpoint, rpc) : new RpcException(new Status(StatusCode.Unavailable, e.Message)));
        }
    }

    /// <summary>What a message says of memory that both see: the elements from which a version begins; empty where there are none.</summary>
    private ReadOnlyMemory<float> Shared(ServerMessage message)
    {
        switch (message.BodyCase)
        {
            case ServerMessage.BodyOneofCase.Joined:
                _sharesGradient = _gradient?.IsSeenBy(message.Joined.Gradient) is true;
                if (message.Joined.Gradient is { Refusal: { Length: > 0 } refusal })
                    _memory.Say($"gradients to {_endpoint}", refusal);
                See(message.Joined.Versions);
                break;
            case ServerMessage.BodyOneofCase.Head when message.Head.Region == 0:
                See(message.Head.Versions);
                break;
            case ServerMessage.BodyOneofCase.Head when _versions is { } versions && versions.Answer.Id == message.Head.Region:
                return versions.Memory[(int)message.Head.FirstElement..];
            case ServerMessage.BodyOneofCase.Head:
                throw new RpcException(new Status(StatusCode.FailedPrecondition, $"the server means memory {message.Head.Region}, which this rank has not been shown"));
        }

        return default;
    }

    private void See(Region? offer)
    {
        if (offer is null)
            return;
        _versions = SeenRegion.TryOpen(offer, out var answer);
        if (_versions is null)
            _memory.Say($"versions of {_endpoint}", answer.Refusal);
        Send(new RankMessage { Region = answer });
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
