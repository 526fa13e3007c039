using System.Buffers;
using System.Net.Sockets;
using System.Threading.Channels;
using DistTrain.Protocol.Clients;

namespace DistTrain.Cli.Chaos;

/// <summary>One connection through a <see cref="ChaosProxy"/>: what arrives on one side leaves on the other, in order, after the delay of its arrival.</summary>
/// <param name="client">The accepted side; owned.</param>
/// <param name="clock">Measures delays.</param>
/// <param name="delay">Latency of what arrives now.</param>
/// <param name="passing">Completes as soon as bytes may pass.</param>
internal sealed class ProxiedConnection(Socket client, TimeProvider clock, Func<TimeSpan> delay, Func<Task> passing) : IDisposable
{
    private const int BlockBytes = 1 << 16;

    /// <summary>Of blocks in flight each way: what a network would hold.</summary>
    private const int MostBlocks = 64;

    private readonly Socket _server = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _reset = new();

    /// <summary>Passes bytes until both sides have ended, one of them failed, or the connection is reset.</summary>
    public async Task RunAsync(Endpoint server)
    {
        try
        {
            await passing().WaitAsync(_reset.Token);
            await _server.ConnectAsync(server.Host, server.Port, _reset.Token);
            (client.NoDelay, _server.NoDelay) = (true, true);
            await Task.WhenAll(PassAsync(client, _server), PassAsync(_server, client));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Whoever is still there gets a reset, as from a process that was killed.
        }
    }

    /// <summary>Ends both sides at once; what is in flight is lost.</summary>
    public void Reset()
    {
        try
        {
            _reset.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself.
        }
    }

    public void Dispose()
    {
        foreach (var side in (Socket[])[client, _server])
        {
            // Closed with 0 s of lingering, a socket sends a reset.
            side.LingerState = new LingerOption(enable: true, seconds: 0);
            side.Dispose();
        }

        _reset.Dispose();
    }

    private async Task PassAsync(Socket from, Socket to)
    {
        var inFlight = Channel.CreateBounded<(byte[] Block, int Length, long Arrived, TimeSpan Delay)>(MostBlocks);
        try
        {
            await Task.WhenAll(ReadAsync(), WriteAsync());
        }
        catch
        {
            // One direction that fails takes the other with it.
            await _reset.CancelAsync();
            throw;
        }

        async Task ReadAsync()
        {
            try
            {
                while (true)
                {
                    var block = ArrayPool<byte>.Shared.Rent(BlockBytes);
                    var length = await from.ReceiveAsync(block.AsMemory(0, BlockBytes), _reset.Token);
                    if (length == 0)
                        return;
                    await inFlight.Writer.WriteAsync((block, length, clock.GetTimestamp(), delay()), _reset.Token);
                }
            }
            finally
            {
                inFlight.Writer.Complete();
            }
        }

        async Task WriteAsync()
        {
            await foreach (var (block, length, arrived, late) in inFlight.Reader.ReadAllAsync(_reset.Token))
            {
                var wait = late - clock.GetElapsedTime(arrived);
                if (wait > TimeSpan.Zero)
                    await Task.Delay(wait, clock, _reset.Token);
                await passing().WaitAsync(_reset.Token);
                for (var sent = 0; sent < length;)
                    sent += await to.SendAsync(block.AsMemory(sent, length - sent), _reset.Token);
                ArrayPool<byte>.Shared.Return(block);
            }

            to.Shutdown(SocketShutdown.Send);
        }
    }
}
