using DistTrain.Protocol.Clients;

namespace DistTrain.Protocol.Tests.Clients;

[Trait("Kind", "Fast")]
public class BackoffTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(4, 5)]
    [InlineData(1000, 5)]
    public void Doubles_up_to_the_longest_less_up_to_a_quarter(int failures, int seconds)
    {
        var wait = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)).After(failures);
        Assert.InRange(wait.TotalSeconds, seconds * 0.75, seconds);
    }
}
