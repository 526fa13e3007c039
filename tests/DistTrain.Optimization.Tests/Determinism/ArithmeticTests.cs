namespace DistTrain.Optimization.Tests.Determinism;

/// <summary>What a server computes has the same bits on any number of threads.</summary>
[Trait("Kind", "Fast")]
public sealed class ArithmeticTests
{
    private static readonly string[] _one = [.. ServerArithmetic.Digests(threads: 1)];

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void The_number_of_threads_changes_no_bit(int threads) => Assert.Equal(_one, ServerArithmetic.Digests(threads));
}
