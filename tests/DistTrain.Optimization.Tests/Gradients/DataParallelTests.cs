using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Tests.Optimizers;
using DistTrain.Tests.Optimizers;

namespace DistTrain.Optimization.Tests.Gradients;

/// <summary>
/// The step of a cluster in float64 — a gradient by rank over the global count, the rank tree, the optimizer by server — against PyTorch on
/// the whole batch.
/// </summary>
[Trait("Kind", "Fast")]
public class DataParallelTests
{
    private static readonly DataParallelReference Reference = DataParallelReference.Read();

    public static TheoryData<int[], int> Clusters => new()
    {
        { Reference.ShardRows, 1 },
        { Reference.ShardRows, 3 },
        { [16], 2 },
        { [0, 16, 0], 2 },
        { [.. Enumerable.Repeat(1, 16)], 5 },
    };

    [Fact]
    public void Each_shard_has_the_reference_loss_and_gradient()
    {
        for (var (shard, first) = (0, 0); shard < Reference.ShardRows.Length; first += Reference.ShardRows[shard++])
        {
            var (loss, gradient) = Share(Reference.Start, first, Reference.ShardRows[shard], Reference.ShardRows[shard]);
            Assert.Equal(Reference.ShardLoss[shard], loss, 1e-12);
            AssertClose(Reference.ShardGradients[shard], gradient, 1e-12);
        }
    }

    [Fact]
    public void Shards_weighted_by_their_rows_make_the_full_gradient_and_unweighted_ones_do_not()
    {
        var ranks = Reference.ShardRows.Length;
        var weighted = InTreeOrder(ranks, (rank, i) => Reference.ShardGradients[rank][i] * Reference.ShardRows[rank] / Reference.Examples.Length);
        AssertClose(Reference.FullGradient, weighted, 1e-12);

        var plain = InTreeOrder(ranks, (rank, i) => Reference.ShardGradients[rank][i] / ranks);
        AssertClose(Reference.PlainAverage, plain, 1e-12);
        Assert.True(plain.Zip(Reference.FullGradient, (p, f) => Math.Abs(p - f)).Max() > 1e-3);
    }

    /// <summary>Shards of other sizes, empty ones and single rows included, take the same ten steps, and so do other numbers of servers.</summary>
    [Theory]
    [MemberData(nameof(Clusters))]
    public void However_the_batch_and_the_vector_are_shared_out_the_steps_are_those_of_the_whole(int[] rows, int servers)
    {
        var rule = OptimizerByName.Create<double>("momentum", new Dictionary<string, object> { ["momentum"] = Reference.Momentum, ["lr"] = Reference.Rate });
        var update = new CutVector<double>(rule, Reference.Layout, servers);
        var w = Reference.Start;
        for (var step = 0; step < Reference.ParametersAfterStep.Length; step++)
        {
            var (loss, gradient) = WholeBatch(w, rows);
            Assert.Equal(Reference.LossBeforeStep[step], loss, 1e-10);
            if (step == 0)
            {
                Assert.Equal(Reference.FullLoss, loss, 1e-12);
                AssertClose(Reference.FullGradient, gradient, 1e-12);
            }

            w = update.Step(new UpdateTime(step, Reference.Rate, Reference.Rate), w, gradient);
            AssertClose(Reference.ParametersAfterStep[step], w, 1e-10);
        }
    }

    private static (double Loss, double[] Gradient) WholeBatch(double[] parameters, int[] rows)
    {
        var first = 0;
        var shares = new List<(double Loss, double[] Gradient)>();
        foreach (var count in rows)
        {
            shares.Add(Share(parameters, first, count, rows.Sum()));
            first += count;
        }

        Assert.Equal(Reference.Examples.Length, first);
        return (new RankTree(rows.Length).Sum([.. shares.Select(s => s.Loss)]), InTreeOrder(rows.Length, (rank, i) => shares[rank].Gradient[i]));
    }

    /// <summary>A rank's sums of losses and gradients over some rows, divided by the count of all.</summary>
    private static (double Loss, double[] Gradient) Share(double[] parameters, int first, int rows, int all)
    {
        var net = new ReluNet(Reference.Layout);
        var (loss, gradient) = (0.0, new double[Reference.Layout.Length]);
        for (var row = first; row < first + rows; row++)
            loss += net.Backward(parameters, Reference.Examples[row], Reference.Labels[row], gradient);
        return (loss / all, Array.ConvertAll(gradient, g => g / all));
    }

    private static double[] InTreeOrder(int ranks, Func<int, int, double> value)
    {
        var tree = new RankTree(ranks);
        return [.. Enumerable.Range(0, Reference.Layout.Length).Select(i => tree.Sum([.. Enumerable.Range(0, ranks).Select(rank => value(rank, i))]))];
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }
}
