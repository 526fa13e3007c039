using DistTrain.Worker.Cluster;
using StackExchange.Redis;

namespace DistTrain.Worker.Tests.Cluster;

[Trait("Kind", "Fast")]
public class StoreFailureTests
{
    private static readonly RedisStore _store = new("redis", 6379, 0, Tls: false, User: null);

    private static readonly Exception _away =
        new OrleansException("Error from storage provider", new RedisConnectionException(ConnectionFailureType.SocketClosed, "The message timed out\nin the backlog, see a page"));

    [Fact]
    public void A_Redis_that_is_away_is_one_sentence_to_a_client_and_in_the_log()
    {
        Assert.Equal(
            "Redis at redis:6379/0 can't be reached, and no job is taken or changed that can't be recorded there; the same call succeeds once it is back",
            StoreFailure.Explain(_away, _store));
        Assert.Equal("Redis at redis:6379/0 can't be reached", StoreFailure.Line(_away, _store));
    }

    [Fact]
    public void Other_failures_keep_their_words()
    {
        var other = new OrleansException("the grain is elsewhere");
        Assert.Null(StoreFailure.Explain(other, _store));
        Assert.Equal("the grain is elsewhere", StoreFailure.Line(other, _store));
    }
}
