namespace DistTrain.Optimization.Landscape;

/// <summary>M·x = b for a small symmetric positive definite M, M = L·Lᵀ (Golub and Van Loan, "Matrix computations", section 4.2).</summary>
internal static class Cholesky
{
    /// <param name="lower">Row i has the elements up to the diagonal; holds L afterwards.</param>
    /// <param name="right">b; holds x afterwards.</param>
    /// <exception cref="ArithmeticException">M is not positive definite.</exception>
    public static double[] Solve(double[][] lower, double[] right)
    {
        for (var i = 0; i < lower.Length; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var sum = lower[i][j];
                for (var k = 0; k < j; k++)
                    sum -= lower[i][k] * lower[j][k];
                if (i == j && !(sum > 0))
                    throw new ArithmeticException("the columns of a random subspace depend on each other; take fewer dimensions, or another seed");
                lower[i][j] = i == j ? Math.Sqrt(sum) : sum / lower[j][j];
            }
        }

        for (var i = 0; i < right.Length; i++)
        {
            for (var k = 0; k < i; k++)
                right[i] -= lower[i][k] * right[k];
            right[i] /= lower[i][i];
        }

        for (var i = right.Length - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < right.Length; k++)
                right[i] -= lower[k][i] * right[k];
            right[i] /= lower[i][i];
        }

        return right;
    }
}
