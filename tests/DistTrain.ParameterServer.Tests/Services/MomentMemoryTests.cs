using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using DistTrain.Protocol.Regions;
using Google.Protobuf;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Services;

/// <summary>In memory that both see.</summary>
[Trait("Kind", "Fast")]
public sealed class MomentMemoryTests(RealServer server) : MomentExchangeTests(server, inMemory: true)
{
    [Fact]
    public async Task Who_does_not_see_where_the_totals_would_be_is_refused()
    {
        var job = await OpenAsync("batchNorm.scope=global");
        using var call = new MomentExchange.MomentExchangeClient(Server.Channel).Exchange();
        using var shares = OutgoingSlot.TryCreate(new MemorySharing(isOn: true), MomentMapping.LargestBytes(TinyModel.Layout), "moments")!;
        await call.RequestStream.WriteAsync(new MomentMessage { Join = new MomentJoin { JobId = job.Id, Generation = 1, Shares = shares.Offer } });
        Assert.True(await call.ResponseStream.MoveNext(default).For("the answer to a join"));
        await call.RequestStream.WriteAsync(new MomentMessage { Region = new RegionAnswer { Id = call.ResponseStream.Current.Joined.Totals.Id, Nonce = ByteString.CopyFrom(new byte[32]) } });
        await RefusedAsync(call.ResponseStream.MoveNext(default), StatusCode.InvalidArgument, "rank 0 does not see where its totals would be");
    }

    [Fact]
    public async Task What_is_no_message_is_refused()
    {
        var job = await OpenAsync("batchNorm.scope=global");
        await using var ranks = await StreamsAsync(job, 1);
        await ranks.WriteAsync(0, new RegionAnswer { Refusal = new string('x', 100) });
        await RefusedAsync(ranks.TotalAsync(0), StatusCode.InvalidArgument, "rank 0 shares what is no message");
    }

    [Fact]
    public async Task Who_shares_in_memory_sends_no_shares_too()
    {
        var job = await OpenAsync("batchNorm.scope=global");
        await using var ranks = await StreamsAsync(job, 1);
        await ranks.SendAsync(0, new MomentMessage { Share = new MomentShare() });
        await RefusedAsync(ranks.TotalAsync(0), StatusCode.InvalidArgument, "unexpected message Share");
    }
}
