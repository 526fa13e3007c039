using System.Net;
using System.Net.Sockets;
using DistTrain.Protocol.Transport;
using Grpc.Core;

namespace DistTrain.Protocol.Tests.Transport;

[Trait("Kind", "Fast")]
public class PeerFailureTests
{
    [Fact]
    public async Task A_peer_that_closes_the_connection_in_its_handshake_is_away()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var closing = Task.Run(async () =>
        {
            while (true)
                (await listener.AcceptTcpClientAsync()).Dispose();
        });
        Assert.True((await CallAsync(listener.LocalEndpoint)).IsAway());
        listener.Stop();
        await Assert.ThrowsAnyAsync<Exception>(() => closing);
    }

    [Fact]
    public async Task A_peer_that_says_something_else_is_away()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var talking = Task.Run(async () =>
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                await client.GetStream().WriteAsync("220 mail.example.com\r\n"u8.ToArray());
            }
        });
        Assert.True((await CallAsync(listener.LocalEndpoint)).IsAway());
        listener.Stop();
        await Assert.ThrowsAnyAsync<Exception>(() => talking);
    }

    [Fact]
    public async Task A_peer_that_is_not_there_is_away()
    {
        EndPoint gone;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            gone = listener.LocalEndpoint;
        }

        Assert.True((await CallAsync(gone)).IsAway());
    }

    [Theory]
    [InlineData(StatusCode.NotFound)]
    [InlineData(StatusCode.FailedPrecondition)]
    [InlineData(StatusCode.Unknown)]
    [InlineData(StatusCode.PermissionDenied)]
    [InlineData(StatusCode.Unauthenticated)]
    public void A_peer_that_answers_is_not_away(StatusCode status) =>
        Assert.False(new RpcException(new Status(status, "no")).IsAway());

    private static async Task<RpcException> CallAsync(EndPoint peer)
    {
        using var channel = new PeerChannels(certificates: null).Connect(peer.ToString()!);
        var client = new JobPartitions.JobPartitionsClient(channel);
        return await Assert.ThrowsAsync<RpcException>(() => client.GetStatusAsync(new PartitionRequest { JobId = "job" }).ResponseAsync);
    }
}
