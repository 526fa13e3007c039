using DistTrain.ParameterServer.Tests.Fixtures;

namespace DistTrain.ParameterServer.Tests.Guarantees;

/// <summary>What a disturbed job comes to; and tests of that test: with one guarantee broken, it has to find out.</summary>
[Trait("Kind", "Fast")]
public sealed class GuaranteeTests(ITestOutputHelper output)
{
    private const string InMemory = "in memory";
    private const string InMessages = "in messages";
    private const string Mixed = "mixed";

    [Theory]
    [InlineData(InMemory)]
    [InlineData(InMessages)]
    [InlineData(Mixed)]
    public async Task A_disturbed_job_comes_to_what_its_file_says(string gradients) =>
        Assert.Empty(await DisturbedJob.ViolationsAsync(folder => new RealServer { Folder = folder }, Sharing(gradients)));

    [Theory]
    [InlineData("duplicates are counted", InMessages, "weights")]
    [InlineData("duplicates are counted", InMemory, "weights")]
    [InlineData("chunks are added as they arrive", InMessages, "weights")]
    [InlineData("chunks are added as they arrive", InMemory, "weights")]
    [InlineData("the position is not restored", Mixed, "weights")]
    [InlineData("the ledger is one off", Mixed, "\"cursor\": 1,")]
    public async Task A_broken_guarantee_is_found(string guarantee, string gradients, string expected)
    {
        Func<string, RealServer> server = guarantee switch
        {
            "duplicates are counted" => folder => new RealServer { Folder = folder, NewSum = (tree, bucket) => new SumThatCountsTwice(tree, bucket) },
            "chunks are added as they arrive" => folder => new RealServer { Folder = folder, NewSum = (tree, bucket) => new SumInOrderOfArrival(tree, bucket) },
            "the position is not restored" => folder => new RealServer { Folder = folder, Disk = new DiskThatForgetsThePosition() },
            "the ledger is one off" => folder => new RealServer { Folder = folder, Disk = new DiskWithALedgerOneOff() },
            _ => throw new ArgumentOutOfRangeException(nameof(guarantee), guarantee, null),
        };
        var violations = await DisturbedJob.ViolationsAsync(server, Sharing(gradients));
        output.WriteLine(string.Join('\n', violations));
        Assert.Contains(violations, v => v.Contains(expected, StringComparison.Ordinal));
    }

    private static Func<int, bool> Sharing(string gradients) => rank => gradients == InMemory || (gradients == Mixed && rank % 2 == 0);
}
