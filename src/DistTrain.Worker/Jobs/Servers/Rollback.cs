using DistTrain.Protocol;

namespace DistTrain.Worker.Jobs.Servers;

/// <summary>
/// Going back from a step whose numbers were wrong. Doing the same again would bring the same numbers, so the examples from the checkpoint to the
/// step are passed over (Chowdhery et al. 2022, PaLM, 2204.02311, section 5.1).
/// </summary>
internal static class Rollback
{
    /// <summary>So often one goes back without that an update since the last time has stayed.</summary>
    public const int MostWithoutProgress = 3;

    /// <summary>
    /// What is passed over because of a fault. It begins at a multiple of <paramref name="everySteps"/>, not at the newest checkpoint: which others
    /// there are depends on when processes died, and the job file alone decides the bits.
    /// </summary>
    /// <param name="step">The step that was wrong.</param>
    /// <param name="everySteps">Steps between checkpoints.</param>
    /// <param name="generation">The generation that is to pass them over.</param>
    public static PassedOver From(long step, int everySteps, long generation) => new(step - (step % everySteps), step, generation);

    /// <summary>False when the last times left no update either.</summary>
    public static bool IsProgress(IReadOnlyList<PassedOver> before, PassedOver next)
    {
        var inVain = 0;
        for (var i = before.Count - 1; i >= 0 && next.First <= before[i].Last + 1; i--)
            (inVain, next) = (inVain + 1, before[i]);
        return inVain < MostWithoutProgress;
    }

    /// <summary>What may be gone on from: of the checkpoints inside a range or behind it, only those that know of it.</summary>
    public static IReadOnlyList<StoredCheckpoints> Usable(IReadOnlyList<StoredCheckpoints> servers, IReadOnlyList<PassedOver> passedOver) =>
        [.. servers.Select(server =>
        {
            var usable = new StoredCheckpoints();
            foreach (var stored in server.Checkpoints)
            {
                List<CheckpointPart> parts = [.. stored.Parts.Where(p => passedOver.All(range => p.Step <= range.First || p.Generation >= range.Generation))];
                if (parts.Count == stored.Parts.Count)
                    usable.Checkpoints.Add(stored);
                else if (parts.Count > 0)
                    usable.Checkpoints.Add(new StoredCheckpoint { Step = stored.Step, Parts = { parts } });
            }

            return usable;
        })];
}
