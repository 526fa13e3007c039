using DistTrain.Protocol;

namespace DistTrain.Worker.Jobs.Servers;

/// <summary>A checkpoint of which every server has its part, and which is to be declared complete.</summary>
/// <param name="Step">Its step.</param>
/// <param name="Parts">One of each server.</param>
/// <param name="Kept">Steps of the checkpoints that stay, this one last.</param>
internal sealed record Sealing(long Step, IReadOnlyList<CheckpointPart> Parts, IReadOnlyList<long> Kept)
{
    /// <summary>The newest; null: the servers have no step in common that is not sealed.</summary>
    /// <param name="servers">How each server stands.</param>
    /// <param name="sealedSteps">Steps of the sealed checkpoints so far, in order.</param>
    /// <param name="keep">How many checkpoints stay.</param>
    public static Sealing? Of(IReadOnlyList<PartitionStatus> servers, IReadOnlyList<long> sealedSteps, int keep)
    {
        var common = servers[0].Saved.Select(p => p.Step).Where(step => servers.All(s => s.Saved.Any(p => p.Step == step))).DefaultIfEmpty(-1).Max();
        return common < 0
            ? null
            : new Sealing(
                common,
                [.. servers.Select(s => s.Saved.First(p => p.Step == common))],
                [.. sealedSteps.Where(s => s != common).Append(common).TakeLast(keep)]);
    }

    public SealCheckpointRequest ToRequest(string jobId) => new() { JobId = jobId, Parts = { Parts }, Keep = { Kept } };
}
