using System.Globalization;

namespace DistTrain.Cli.Chaos;

/// <summary>One planned disturbance.</summary>
/// <param name="Step">Due once this step is committed.</param>
/// <param name="Kind">What is done.</param>
/// <param name="Target">Whom it strikes; of links and checkpoints, the server at their end.</param>
internal sealed record Fault(long Step, FaultKind Kind, FaultTarget Target)
{
    /// <summary>How long it lasts; for <see cref="FaultKind.Disk"/>, at most.</summary>
    public double Seconds { get; init; }

    /// <summary>How many committed steps a full disk lasts.</summary>
    public long Steps { get; init; }

    /// <summary>Latency each way.</summary>
    public int Milliseconds { get; init; }

    /// <summary>What becomes of the checkpoint.</summary>
    public Harm Harm { get; init; }

    /// <summary>Where in the part, 0..1.</summary>
    public double Place { get; init; }

    /// <summary>
    /// Seconds after the fault before it at which this one strikes, while the cluster still recovers from that; null: only once it has recovered.
    /// </summary>
    public double? OnTopAfter { get; init; }

    /// <summary>The kind as it stands in records.</summary>
    public string Name => Kind.ToString().ToLowerInvariant();

    /// <summary>E.g. "stop of silo-1 for 6.2 s".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} of {Target}{Detail}{(OnTopAfter is { } after ? $", {after:F1} s after the one before" : "")}");

    private string Detail => Kind switch
    {
        FaultKind.Stop or FaultKind.Silence => string.Create(CultureInfo.InvariantCulture, $" for {Seconds:F1} s"),
        FaultKind.Delay => string.Create(CultureInfo.InvariantCulture, $" by {Milliseconds} ms for {Seconds:F1} s"),
        FaultKind.Disk => string.Create(CultureInfo.InvariantCulture, $" for {Steps} steps"),
        FaultKind.Damage => Harm switch { Harm.Torn => ", a part torn", Harm.Flipped => ", a bit flipped", _ => ", the manifest missing" },
        _ => "",
    };
}

/// <summary>A process of the cluster.</summary>
/// <param name="IsServer">A parameter server; else a worker silo.</param>
/// <param name="Index">Which of them, from 0.</param>
internal readonly record struct FaultTarget(bool IsServer, int Index)
{
    /// <summary>server-0, silo-1, ….</summary>
    public override string ToString() => $"{(IsServer ? "server" : "silo")}-{Index}";
}
