using System.Numerics;
using System.Numerics.Tensors;
using DistTrain.Optimization.Order;

namespace DistTrain.Optimization.Landscape;

/// <summary>The sum of whole vectors over ranks along the <see cref="RankTree"/>, as servers add the ranks' buckets: the same bits.</summary>
public static class RankSum
{
    /// <summary>Adds in place; what the ranks' vectors hold afterwards means nothing but for the result.</summary>
    /// <param name="vectors">One a rank, all of one length.</param>
    /// <returns>The vector that holds the sum.</returns>
    public static T[] Of<T>(IReadOnlyList<T[]> vectors)
        where T : unmanaged, IFloatingPointIeee754<T> => RankTree.Reduce(vectors, (left, right) =>
        {
            TensorPrimitives.Add<T>(left, right, left);
            return left;
        });
}
