using DistTrain.Optimization.Parameters;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Landscape;

namespace DistTrain.Torch.Tests;

/// <summary>Products with the Hessian beside what they are the limit of.</summary>
internal static class HessianDifferences
{
    private const double Step = 1e-5;

    /// <summary>H v over a whole set is the difference of the gradients on both sides, along a direction v that is the same for all.</summary>
    /// <param name="at">Weights; null: those that a job begins with.</param>
    public static void AssertProduct(CurvatureReplica<double> replica, ExampleSet set, double[]? at = null)
    {
        int[] all = [.. Enumerable.Range(0, set.Count)];
        at ??= [.. Filled(seed: 3).Select(weight => (double)weight)];
        var direction = Filled(seed: 4);
        var product = Along(0, isProduct: true);
        var (behind, before) = (Along(Step, isProduct: false), Along(-Step, isProduct: false));

        Assert.Contains(product, value => Math.Abs(value) > 1e-3);
        for (var i = 0; i < product.Length; i++)
            Assert.Equal((behind[i] - before[i]) / (2 * Step), product[i], 1e-6);

        float[] Filled(long seed)
        {
            var vector = new float[replica.Layout.Length];
            VersionZero.Fill(replica.Layout, seed, 0, vector);
            return vector;
        }

        double[] Along(double along, bool isProduct)
        {
            for (var i = 0; i < at.Length; i++)
                replica.Parameters.Span[i] = at[i] + (along * direction[i]);
            for (var i = 0; i < replica.Direction.Length; i++)
                replica.Direction.Span[i] = direction[i];
            replica.BeginSum();
            _ = isProduct ? replica.AddProduct(set, all, set.Whole) : replica.AddGradient(set, all, set.Whole);
            replica.EndSum();
            return replica.Sum.ToArray();
        }
    }
}
