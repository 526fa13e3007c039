namespace DistTrain.Torch.Hosting;

/// <summary>One environment variable that native libraries read once, and that decides the bits of a result.</summary>
/// <param name="Name">Such as <c>MKL_CBWR</c>.</param>
/// <param name="Value">What a rank needs.</param>
/// <param name="Before">What it was when the process asked, null when unset.</param>
public sealed record NativeSetting(string Name, string Value, string? Before)
{
    /// <summary>Somebody wanted another value and did not get it.</summary>
    public bool IsOverride => Before is not null && !string.Equals(Before, Value, StringComparison.Ordinal);

    public override string ToString() => IsOverride ? $"{Name}={Value} (instead of '{Before}')" : $"{Name}={Value}";
}
