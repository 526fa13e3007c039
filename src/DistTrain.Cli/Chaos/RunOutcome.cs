using DistTrain.Client;

namespace DistTrain.Cli.Chaos;

/// <summary>All that a run left, for <see cref="RunCheck"/>.</summary>
/// <param name="Folder">The run's folder.</param>
/// <param name="Ended">The job's last word.</param>
/// <param name="Steps">Steps in the order in which a client was told of them.</param>
/// <param name="PlannedKills">SIGKILLs that were to hit it.</param>
/// <param name="Faults">What struck it.</param>
/// <param name="ServerEnds">How often a server's process ended.</param>
internal sealed record RunOutcome(
    string Folder, JobSummary Ended, IReadOnlyList<long> Steps, int PlannedKills, IReadOnlyList<FaultReport> Faults, int ServerEnds)
{
    public int Kills => Faults.Count(f => f.IsKill);

    public int Damages => Faults.Count(f => f.Kind == "damage");
}
