using System.Net;
using System.Net.Sockets;
using DistTrain.Cli.Chaos;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Protocol.Clients;

namespace DistTrain.Cli.Tests.Chaos;

/// <summary>Real sockets: a server that sends back what it gets, and clients that reach it through the proxy only.</summary>
[Trait("Kind", "Fast")]
public sealed class ChaosProxyTests : IAsyncLifetime
{
    private readonly ManualTimers _clock = new();
    private readonly CancellationTokenSource _end = new();
    private TcpListener _server = new(IPAddress.Loopback, 0);
    private ChaosProxy _proxy = null!;
    private Endpoint _endpoint;

    public ValueTask InitializeAsync()
    {
        _server.Start();
        _endpoint = new Endpoint("127.0.0.1", ((IPEndPoint)_server.LocalEndpoint).Port);
        _ = EchoAsync(_server);
        _proxy = new ChaosProxy(_endpoint, _clock);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _proxy.DisposeAsync();
        _server.Dispose();
        _end.Dispose();
    }

    [Fact]
    public async Task Bytes_pass_both_ways_in_order_and_the_end_of_one_side_reaches_the_other()
    {
        using var client = await ConnectAsync();
        var sent = Enumerable.Range(0, 5_000_000).Select(i => (byte)(i * 31)).ToArray();
        var sending = client.GetStream().WriteAsync(sent).AsTask();
        Assert.Equal(sent, await ReadAsync(client, sent.Length));
        await sending;

        var stream = client.GetStream();
        client.Client.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await stream.ReadAsync(new byte[1]).AsTask().For("the echo of the end"));
    }

    [Fact]
    public async Task A_cut_resets_what_is_open_and_nothing_else()
    {
        using var first = await ConnectAsync();
        using var second = await ConnectAsync();
        await AssertEchoAsync(first, 1);
        await AssertEchoAsync(second, 2);

        Assert.Equal(2, _proxy.Cut());

        foreach (var client in (TcpClient[])[first, second])
        {
            var e = await Assert.ThrowsAsync<IOException>(() => client.GetStream().ReadAsync(new byte[1]).AsTask().For("the reset"));
            Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(e.InnerException).SocketErrorCode);
        }

        using var third = await ConnectAsync();
        await AssertEchoAsync(third, 3);
    }

    [Fact]
    public async Task In_silence_nothing_passes_and_nothing_is_lost()
    {
        using var before = await ConnectAsync();
        await AssertEchoAsync(before, 1);
        _proxy.Silence();
        using var during = await ConnectAsync();
        await before.GetStream().WriteAsync(new byte[] { 2, 3 });
        await during.GetStream().WriteAsync(new byte[] { 4 });
        var (first, second) = (ReadAsync(before, 2), ReadAsync(during, 1));
        // A third connection of another proxy goes the same way there and back: by then these would have had their answers.
        await using (var other = new ChaosProxy(_endpoint, _clock))
        {
            using var client = await ConnectAsync(other.Door);
            await AssertEchoAsync(client, 9);
        }

        Assert.False(first.IsCompleted || second.IsCompleted);
        _proxy.Restore();
        Assert.Equal([2, 3], await first);
        Assert.Equal([4], await second);
    }

    [Fact]
    public async Task A_delay_holds_each_way_and_only_what_comes_after_it_was_set()
    {
        using var client = await ConnectAsync();
        await AssertEchoAsync(client, 1);
        _proxy.Delay = TimeSpan.FromSeconds(2);
        await client.GetStream().WriteAsync(new byte[] { 2 });
        var answer = ReadAsync(client, 1);
        foreach (var way in (string[])["there", "back"])
        {
            await _clock.WaitedForAsync(1, way);
            Assert.False(answer.IsCompleted);
            _clock.Advance(TimeSpan.FromSeconds(1.9));
            Assert.Equal(1, _clock.Waiting);
            _clock.Advance(TimeSpan.FromSeconds(0.1));
        }

        Assert.Equal([2], await answer);
        _proxy.Delay = TimeSpan.Zero;
        await AssertEchoAsync(client, 3);
    }

    [Fact]
    public async Task While_the_server_is_away_connections_are_reset_and_afterwards_the_same_door_leads_to_it()
    {
        _server.Dispose();
        // The reset may come while the client still connects.
        var reset = await Record.ExceptionAsync(async () =>
        {
            using var refused = await ConnectAsync();
            await refused.GetStream().ReadAsync(new byte[1]).AsTask().For("the reset");
        });
        Assert.Equal(SocketError.ConnectionReset, ((reset as IOException)?.InnerException as SocketException ?? Assert.IsType<SocketException>(reset)).SocketErrorCode);

        _server = new TcpListener(IPAddress.Loopback, _endpoint.Port);
        _server.Start();
        _ = EchoAsync(_server);
        using var client = await ConnectAsync();
        await AssertEchoAsync(client, 1);
    }

    private static async Task AssertEchoAsync(TcpClient client, byte value)
    {
        await client.GetStream().WriteAsync(new[] { value });
        Assert.Equal([value], await ReadAsync(client, 1));
    }

    private static async Task<byte[]> ReadAsync(TcpClient client, int length)
    {
        var read = new byte[length];
        await client.GetStream().ReadExactlyAsync(read).AsTask().For("an answer");
        return read;
    }

    private Task<TcpClient> ConnectAsync() => ConnectAsync(_proxy.Door);

    private static async Task<TcpClient> ConnectAsync(Endpoint door)
    {
        var client = new TcpClient();
        await client.ConnectAsync(door.Host, door.Port);
        return client;
    }

    private async Task EchoAsync(TcpListener server)
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await server.AcceptTcpClientAsync(_end.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }

            _ = EchoAsync(client);
        }
    }

    private async Task EchoAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await client.GetStream().CopyToAsync(client.GetStream(), _end.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // The test is over, or has cut it.
            }
        }
    }
}
