namespace DistTrain.Torch.Machine;

/// <summary>How one check ended.</summary>
public enum CheckOutcome
{
    Ok,

    /// <summary>Training works, slower or in fewer cases.</summary>
    Warning,

    /// <summary>Training does not work.</summary>
    Failure,
}

/// <summary>What one check found.</summary>
/// <param name="Name">What was looked at, a few words.</param>
/// <param name="Outcome">Whether it is as it should be.</param>
/// <param name="Finding">What was seen, with its unit.</param>
/// <param name="Cure">What to do; null when all is well.</param>
public sealed record MachineCheckResult(string Name, CheckOutcome Outcome, string Finding, string? Cure = null)
{
    internal static MachineCheckResult Ok(string name, string finding) => new(name, CheckOutcome.Ok, finding);

    internal static MachineCheckResult Warning(string name, string finding, string cure) => new(name, CheckOutcome.Warning, finding, cure);

    internal static MachineCheckResult Failure(string name, string finding, string cure) => new(name, CheckOutcome.Failure, finding, cure);
}
