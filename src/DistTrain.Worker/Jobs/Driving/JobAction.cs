using DistTrain.Worker.Jobs.Servers;

namespace DistTrain.Worker.Jobs.Driving;

/// <summary>What is done about a job next.</summary>
internal abstract record JobAction
{
    private JobAction()
    {
    }

    /// <summary>Nothing, until the next look.</summary>
    /// <param name="Whom">Whom or what it waits for, where that is to be told; null: it trains, or those who are asked are told of.</param>
    public sealed record Wait(string? Whom = null) : JobAction;

    /// <summary>The servers are opened at a checkpoint.</summary>
    /// <param name="Generation">The generation that begins, above all that the servers know.</param>
    /// <param name="At">The checkpoint; null: version 0.</param>
    /// <param name="Lost">Sealed checkpoints that are not there any more, in words for the user.</param>
    public sealed record Open(long Generation, CheckpointChoice? At, IReadOnlyList<string> Lost) : JobAction;

    /// <summary>The servers start anew from a checkpoint, in a generation of their own.</summary>
    /// <param name="Servers">The servers from now on; null: those that it has.</param>
    public sealed record NewGeneration(IReadOnlyList<string>? Servers = null) : JobAction;

    /// <summary>The checkpoint that the servers were to go on from can't be used: the one before it is next.</summary>
    /// <param name="Step">Its step.</param>
    public sealed record PassOverCheckpoint(long Step) : JobAction;

    /// <summary>Training goes on from before a step whose numbers were wrong, without what was learned from there to the step.</summary>
    /// <param name="Steps">What is passed over.</param>
    public sealed record PassOverSteps(PassedOver Steps) : JobAction;

    /// <summary>A checkpoint of which all parts are there is declared complete.</summary>
    /// <param name="Checkpoint">The checkpoint.</param>
    public sealed record Seal(Sealing Checkpoint) : JobAction;

    /// <summary>A server has been asked to end: training stops at a step's end, which is saved, and goes on from there once the server is back.</summary>
    public sealed record HandOver : JobAction;

    /// <summary>A rank moves to another silo.</summary>
    /// <param name="Move">Which and where.</param>
    public sealed record Balance(RankMove Move) : JobAction;

    /// <summary>The last version is saved, and the job has completed.</summary>
    public sealed record Complete : JobAction;

    /// <summary>The job ends, with what is committed saved.</summary>
    public sealed record Fail : JobAction;

    /// <summary>The job ends because its submitter wants it to, with what is committed saved.</summary>
    public sealed record Cancel : JobAction;
}
