namespace DistTrain.Optimization.Order;

/// <summary>
/// The fixed binary tree over rank numbers along which gradients are added: left-complete, i.e. the left child of a node of n ranks
/// holds the largest power of two below n. Float addition is not associative; this order makes the sum a function of the ranks'
/// values alone, whatever order they arrive in.
/// </summary>
public sealed class RankTree
{
    private readonly int[] _parent;
    private readonly int[] _sibling;
    private readonly int[] _left;
    private readonly int[] _right;
    private readonly int[] _leaves;

    /// <param name="ranks">Number of leaves, at least 1.</param>
    public RankTree(int ranks)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ranks);
        Ranks = ranks;
        // A binary tree with n leaves has 2n − 1 nodes: leaves are 0..n−1, inner nodes follow.
        _parent = new int[(2 * ranks) - 1];
        _sibling = new int[_parent.Length];
        _left = new int[_parent.Length];
        _right = new int[_parent.Length];
        _leaves = new int[_parent.Length];
        var next = ranks;
        Root = Build(0, ranks, ref next);
        _parent[Root] = -1;
    }

    public int Ranks { get; }

    /// <summary>Number of nodes.</summary>
    public int Nodes => _parent.Length;

    /// <summary>The node that stands for all ranks.</summary>
    public int Root { get; }

    /// <summary>The node above <paramref name="node"/>.</summary>
    public int Parent(int node) => _parent[node];

    /// <summary>The other child of the parent.</summary>
    public int Sibling(int node) => _sibling[node];

    /// <summary>The left operand of an inner node's sum.</summary>
    public int Left(int node) => _left[node];

    /// <summary>The right operand of an inner node's sum.</summary>
    public int Right(int node) => _right[node];

    /// <summary>Ranks under <paramref name="node"/>.</summary>
    public int LeavesOf(int node) => _leaves[node];

    /// <summary>Adds one value a rank in the tree's order.</summary>
    public double Sum(ReadOnlySpan<double> values)
    {
        if (values.Length != Ranks)
            throw new ArgumentException($"{values.Length} values for {Ranks} ranks", nameof(values));
        return SumOf(values);
    }

    /// <summary>Combines one value a rank in the order of the tree over that many ranks.</summary>
    /// <param name="values">By rank, at least one.</param>
    /// <param name="combine">The operation, its left operand that of the lower ranks.</param>
    public static T Reduce<T>(IReadOnlyList<T> values, Func<T, T, T> combine)
    {
        return Of(0, values.Count);

        T Of(int first, int ranks)
        {
            if (ranks == 1)
                return values[first];
            var left = LeftSize(ranks);
            return combine(Of(first, left), Of(first + left, ranks - left));
        }
    }

    private static double SumOf(ReadOnlySpan<double> values)
    {
        if (values.Length == 1)
            return values[0];
        var left = LeftSize(values.Length);
        return SumOf(values[..left]) + SumOf(values[left..]);
    }

    /// <summary>The largest power of two below <paramref name="ranks"/>.</summary>
    private static int LeftSize(int ranks) => 1 << (31 - int.LeadingZeroCount(ranks - 1));

    private int Build(int first, int ranks, ref int next)
    {
        if (ranks == 1)
        {
            _leaves[first] = 1;
            return first;
        }

        var size = LeftSize(ranks);
        var left = Build(first, size, ref next);
        var right = Build(first + size, ranks - size, ref next);
        var node = next++;
        (_parent[left], _parent[right]) = (node, node);
        (_sibling[left], _sibling[right]) = (right, left);
        (_left[node], _right[node], _leaves[node]) = (left, right, ranks);
        return node;
    }
}
