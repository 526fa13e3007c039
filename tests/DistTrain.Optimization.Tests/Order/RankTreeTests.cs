using CsCheck;
using DistTrain.Optimization.Order;

namespace DistTrain.Optimization.Tests.Order;

[Trait("Kind", "Fast")]
public class RankTreeTests
{
    [Fact]
    public void Five_ranks_add_as_four_and_one()
    {
        // Left-complete: ((0+1)+(2+3))+4. Values chosen so that every other association rounds differently.
        double[] values = [1, 1e16, -1e16, 1, 1];
        Assert.Equal(((values[0] + values[1]) + (values[2] + values[3])) + values[4], new RankTree(5).Sum(values));
        Assert.NotEqual(values.Sum(), new RankTree(5).Sum(values));
    }

    [Fact]
    public void Every_node_but_the_root_has_a_parent_and_a_sibling() =>
        Gen.Int[1, 200].Sample(ranks =>
        {
            var tree = new RankTree(ranks);
            Assert.Equal((2 * ranks) - 1, tree.Nodes);
            for (var node = 0; node < tree.Nodes; node++)
            {
                if (node == tree.Root)
                    continue;
                var sibling = tree.Sibling(node);
                Assert.Equal(node, tree.Sibling(sibling));
                Assert.Equal(tree.Parent(node), tree.Parent(sibling));
                var parent = tree.Parent(node);
                Assert.Equal(new HashSet<int> { node, sibling }, [tree.Left(parent), tree.Right(parent)]);
                Assert.Equal(tree.LeavesOf(parent), tree.LeavesOf(node) + tree.LeavesOf(sibling));
            }
        });
}
