namespace DistTrain.Cli.Chaos;

/// <summary>A guarantee that did not hold in a run.</summary>
/// <param name="Guarantee">Which; several where what was seen concerns them all.</param>
/// <param name="Expected">What it promises.</param>
/// <param name="Found">What was found.</param>
internal sealed record Violation(string Guarantee, string Expected, string Found)
{
    public override string ToString() => $"{Guarantee}: expected {Expected}; found {Found}";
}
