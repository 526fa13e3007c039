using DistTrain.Worker.Cluster;

namespace DistTrain.Worker.Tests.Cluster;

[Trait("Kind", "Fast")]
public class RedisStoreTests
{
    [Theory]
    [InlineData("redis://redis", "redis", 6379, 0, false, null)]
    [InlineData("redis://10.0.0.7:7000/3", "10.0.0.7", 7000, 3, false, null)]
    [InlineData("rediss://disttrain@redis.internal/1", "redis.internal", 6379, 1, true, "disttrain")]
    [InlineData("REDIS://[::1]:7000/", "::1", 7000, 0, false, null)]
    public void An_address_is_read(string text, string host, int port, int database, bool tls, string? user) =>
        Assert.Equal(new RedisStore(host, port, database, tls, user), RedisStore.TryParse(text));

    [Theory]
    [InlineData("redis://")]
    [InlineData("redis://:secret@redis")]
    [InlineData("redis://disttrain:secret@redis")]
    [InlineData("redis://redis/jobs")]
    [InlineData("redis://redis/-1")]
    [InlineData("redis://redis:70000")]
    [InlineData("redis://redis?db=1")]
    public void What_is_no_address_or_has_a_password_is_refused(string text)
    {
        Assert.True(RedisStore.IsMeant(text));
        Assert.Null(RedisStore.TryParse(text));
    }

    [Theory]
    [InlineData("cluster")]
    [InlineData("/var/lib/redis")]
    [InlineData("redis")]
    public void A_folder_is_no_address(string text) => Assert.False(RedisStore.IsMeant(text));
}
