namespace DistTrain.Optimization.Landscape;

/// <summary>Where around the weights the loss is looked for at its highest.</summary>
public enum SharpnessBox
{
    /// <summary>|yᵢ| ≤ ε(|wᵢ| + 1): Keskar et al. with A = I.</summary>
    Full,

    /// <summary>y = Az, |zᵢ| ≤ ε(|(A⁺w)ᵢ| + 1): Keskar et al. with a random A.</summary>
    Subspace,

    /// <summary>|yᵢ| ≤ ρ|wᵢ|: the same box around any scaling of the weights that computes the same.</summary>
    Adaptive,
}

/// <summary>How sharpness is looked for.</summary>
/// <param name="Epsilon">ε of Keskar's boxes, e.g. 1e-3.</param>
/// <param name="Rho">ρ of the adaptive box.</param>
/// <param name="Subspace">Dimensions of the random subspace, at most the parameters; 0: it is left out.</param>
/// <param name="Passes">Losses with their gradients that a box gets, half of them in each of two searches that begin at the weights.</param>
/// <param name="Seed">Of the subspace.</param>
public sealed record SharpnessPlan(double Epsilon = 1e-3, double Rho = 0.01, int Subspace = 100, int Passes = 20, long Seed = 1)
{
    /// <summary>The boxes in the order of their searches.</summary>
    public IReadOnlyList<SharpnessBox> Boxes => Subspace > 0 ? [SharpnessBox.Full, SharpnessBox.Subspace, SharpnessBox.Adaptive] : [SharpnessBox.Full, SharpnessBox.Adaptive];

    /// <summary>Every search in order: each box by corners at once, then by a power iteration towards them.</summary>
    public IReadOnlyList<(SharpnessBox Box, bool IsSoft)> Searches => [.. Boxes.SelectMany(box => new[] { (box, false), (box, true) })];

    /// <summary>Most passes of all boxes.</summary>
    public long MostPasses => (long)Searches.Count * PassesOf;

    /// <summary>Most passes of a search.</summary>
    public int PassesOf => Passes / 2;

    /// <summary>ε or ρ.</summary>
    public double RadiusOf(SharpnessBox box) => box == SharpnessBox.Adaptive ? Rho : Epsilon;
}
