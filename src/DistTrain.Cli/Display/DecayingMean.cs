namespace DistTrain.Cli.Display;

/// <summary>
/// A mean whose older values fade: m = Σ d^(n−i) w_i x_i / Σ d^(n−i) w_i. Dividing by the faded weights keeps the first values
/// unbiased (as Adam's correction does).
/// </summary>
/// <param name="decay">d in [0, 1): what is left of a value's weight after the next one.</param>
internal sealed class DecayingMean(double decay)
{
    private double _sum;
    private double _weight;

    /// <summary>The mean, or null before the first value.</summary>
    public double? Value => _weight > 0 ? _sum / _weight : null;

    public void Add(double value, double weight = 1)
    {
        _sum = (_sum * decay) + (value * weight);
        _weight = (_weight * decay) + weight;
    }
}
