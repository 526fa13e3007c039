using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace DistTrain.ParameterServer.Tests.Services;

/// <summary>Whoever speaks another wire version is refused on every road to a server, once and for all, with both ends named.</summary>
[Trait("Kind", "Fast")]
public sealed class WireVersionTests(RealServer server) : IClassFixture<RealServer>, IDisposable
{
    /// <summary>What callers say; nothing, as those did that were made before versions were told.</summary>
    private const string Nothing = "";

    private readonly GrpcChannel _channel = GrpcChannel.ForAddress($"http://{server.Endpoint}");

    public static TheoryData<string> Others => [$"{WireVersion.Current + 1}", $"{WireVersion.Current - 1}", "one", Nothing];

    public void Dispose() => _channel.Dispose();

    [Theory]
    [MemberData(nameof(Others))]
    public async Task A_call_of_a_jobs_grain(string version) =>
        await RefusedAsync(version, new JobPartitions.JobPartitionsClient(_channel).ListCheckpointsAsync(new PartitionRequest { JobId = "job" }, Headers(version)).ResponseAsync);

    [Theory]
    [MemberData(nameof(Others))]
    public async Task A_share_of_another_servers_norms(string version) =>
        await RefusedAsync(version, new NormExchange.NormExchangeClient(_channel).ShareAsync(new NormShare { JobId = "job" }, Headers(version)).ResponseAsync);

    [Theory]
    [MemberData(nameof(Others))]
    public async Task A_ranks_stream(string version)
    {
        using var call = _channel.CreateCallInvoker().AsyncDuplexStreamingCall(ExchangeMethods.Exchange, host: null, new CallOptions(Headers(version)));
        await RefusedAsync(version, call.ResponseStream.MoveNext(default));
    }

    [Theory]
    [MemberData(nameof(Others))]
    public async Task A_ranks_stream_of_moments(string version)
    {
        using var call = new MomentExchange.MomentExchangeClient(_channel).Exchange(Headers(version));
        await RefusedAsync(version, call.ResponseStream.MoveNext(default));
    }

    [Theory]
    [MemberData(nameof(Others))]
    public async Task A_reader_of_a_version_or_of_metrics(string version)
    {
        using var read = _channel.CreateCallInvoker().AsyncServerStreamingCall(
            ExchangeMethods.ReadVersion, host: null, new CallOptions(Headers(version)), new ReadVersionRequest { JobId = "job" });
        await RefusedAsync(version, read.ResponseStream.MoveNext(default));
        using var watch = new JobPartitions.JobPartitionsClient(_channel).WatchMetrics(new WatchMetricsRequest { JobId = "job" }, Headers(version));
        await RefusedAsync(version, watch.ResponseStream.MoveNext(default));
    }

    [Fact]
    public async Task One_of_the_same_version_is_served_and_so_is_who_asks_for_health()
    {
        var stored = await server.Partitions.ListCheckpointsAsync(new PartitionRequest { JobId = "job" }).ResponseAsync.For("the answer");
        Assert.Empty(stored.Checkpoints);
        var health = await new Health.HealthClient(_channel).CheckAsync(new HealthCheckRequest()).ResponseAsync.For("the health");
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);
    }

    /// <summary>What a rank does with such an answer: nothing again.</summary>
    [Fact]
    public async Task A_refusal_is_not_taken_for_an_absence()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(
            () => new JobPartitions.JobPartitionsClient(_channel).GetStatusAsync(new PartitionRequest { JobId = "job" }, Headers("2")).ResponseAsync.For("the refusal"));
        Assert.False(refused.IsAway());
    }

    private static Metadata Headers(string version) =>
        version == Nothing ? [] : new Metadata { { WireVersion.Header, version }, { WireVersion.CallerHeader, "silo (process 7 on host)" } };

    private async Task RefusedAsync(string version, Task call)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => call.For("the refusal"));
        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Matches(
            $"^{(version == Nothing ? "a process that does not say what it is" : @"silo \(process 7 on host\)")} at ipv4:127\\.0\\.0\\.1:[0-9]+ speaks wire version {(version == Nothing ? "unknown" : version)}, "
                + $"and the server \\(process {Environment.ProcessId} on .+\\) at {System.Text.RegularExpressions.Regex.Escape(server.Endpoint)} speaks {WireVersion.Current}; "
                + $"{WireVersion.Remedy}$",
            refused.Status.Detail);
    }
}
