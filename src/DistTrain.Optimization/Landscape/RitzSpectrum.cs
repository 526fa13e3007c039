namespace DistTrain.Optimization.Landscape;

/// <summary>
/// What a recursion of m products knows of the spectrum (Golub and Van Loan, section 10.1.4). With the eigenvectors s of the tridiagonal matrix:
/// <code>
/// y = Σⱼ sⱼ vⱼ        ‖Hy − θy‖ = βₘ₋₁ |sₘ₋₁|        weight = s₀²
/// </code>
/// </summary>
public sealed class RitzSpectrum
{
    private readonly TridiagonalEigen _eigen;

    private RitzSpectrum(TridiagonalEigen eigen, double last)
    {
        _eigen = eigen;
        Values = [.. eigen.Values.Select((value, i) => new RitzValue(value, last * Math.Abs(eigen.Vector(i)[^1]), eigen.Vector(i)[0] * eigen.Vector(i)[0]))];
        IsInvariant = last == 0;
    }

    /// <summary>Ascending; never empty.</summary>
    public IReadOnlyList<RitzValue> Values { get; }

    /// <summary>True when the recursion has ended by itself: residuals are 0, and the quadrature of its first direction is exact.</summary>
    public bool IsInvariant { get; }

    public RitzValue Smallest => Values[0];

    public RitzValue Largest => Values[^1];

    /// <summary>s of <see cref="Values"/>[index]: what to combine the basis with.</summary>
    public ReadOnlySpan<double> Coefficients(int index) => _eigen.Vector(index);

    /// <param name="alphas">At least one.</param>
    /// <param name="betas">As many.</param>
    public static RitzSpectrum Of(IReadOnlyList<double> alphas, IReadOnlyList<double> betas) => new(TridiagonalEigen.Of(alphas, betas), betas[^1]);
}
