using DistTrain.Protocol;
using DistTrain.Worker.Jobs;
using DistTrain.Worker.Jobs.Driving;
using DistTrain.Worker.Jobs.Servers;
using DistTrain.Worker.Ranks;
using Grpc.Core;

namespace DistTrain.Worker.Tests.Jobs.Driving;

/// <summary>
/// Every row of "When a process dies", and the rest of what a job goes through: of two at once the earlier here decides, but for
/// <see cref="Together"/>.
/// </summary>
internal static class Losses
{
    private static readonly JobAction Wait = new JobAction.Wait();
    private static readonly JobAction Fail = new JobAction.Fail();
    private static readonly JobAction NewGeneration = new JobAction.NewGeneration();

    /// <summary>What may happen to a job that trains, each alone or with any other; first what goes before the others.</summary>
    public static IReadOnlyList<Loss> Training { get; } =
    [
        new("All processes of a `train`, SIGTERM", "the job is cancelled", s => s.With(r => r with { CancelRequested = true }), new JobAction.Cancel(), "cancellation requested"),
        new(
            "A step's numbers are wrong", "a rank has stopped with numerics.policy: stop",
            s => s.RankIs(0, Scene.Rank("silo-a", RankState.Failed, fault: "rank 0, step 57: the loss is NaN")), Fail, "rank 0, step 57: the loss is NaN"),
        new(
            "The cluster's servers become others", "the silo was started with another list", s => s.Seen(l => l with { Servers = [Scene.Second] }),
            new JobAction.NewGeneration([Scene.Second]), $"the cluster's servers are {Scene.Second} now"),
        new(
            "A silo, SIGTERM", "the grain's own silo leaves, and calls fail",
            s => s.Meets(new JobTrouble("ObjectDisposedException: gone")).Seen(l => l with { SiloLeaves = true }), Wait, ""),
        new("A server, killed", "it is back and does not know the job", s => s.Refused(StatusCode.NotFound, "server 0 has no job"), NewGeneration, "server 0 has no job"),
        new("A server, killed", "it has been away for six minutes", s => s.Away(TimeSpan.FromMinutes(6)), Wait, "Connection refused"),
        new(
            "The disk of a server is full", "a later save has worked", s => s.ServerSays(0, Saves(60)).ServerSays(1, Saves(60)),
            new JobAction.Seal(new Sealing(60, [], [50, 60])), "all parts of step 60 are there"),
        new(
            "A step's numbers are wrong", "numerics.policy: rollback", s => s.ServerSays(0, p => p.Fault = new StepFault { Step = 57, Reason = "step 57, rank 1: …", RollsBack = true }),
            new JobAction.PassOverSteps(new PassedOver(50, 57, 4)), "step 57, rank 1: …; steps 50 to 57 are passed over"),
        new(
            "A server, SIGTERM", "it says that it leaves", s => s.ServerSays(1, p => p.Leaving = true),
            new JobAction.HandOver(), $"server {Scene.Second} leaves"),
        new("A silo, killed", "its rank does not answer", s => s.RankIs(1, null), Wait, "not all ranks run"),
        new("A silo, hung", "its rank joins again elsewhere", s => s.RankIs(1, Scene.Rank("silo-a")).Seen(l => l with { Takers = ["silo-a"] }), Wait, "it trains"),
        new(
            "A silo joins", "it has no rank", s => s.RankIs(1, Scene.Rank("silo-a")), new JobAction.Balance(new RankMove(1, "silo-a", "silo-b")), "two ranks more"),
        new("The disk of a server is full", "a save has failed", s => s.ServerSays(0, p => p.Error = "No space left on device"), Wait, "it trains"),
        new("A step's numbers are wrong", "numerics.policy: skip-step", s => s.ServerSays(0, p => p.Note = "step 37 makes no update"), Wait, "it trains"),
    ];

    /// <summary>Where what is done about two is another than what is done about either that is named first.</summary>
    public static IReadOnlyDictionary<(string, string), JobAction> Together { get; } = new Dictionary<(string, string), JobAction>
    {
        // The open step could not close.
        [("it says that it leaves", "its rank does not answer")] = Wait,
        // What fails while the silo leaves is looked at by the grain's next silo.
        [("the grain's own silo leaves, and calls fail", "it is back and does not know the job")] = Wait,
    };

    /// <summary>A job whose servers are to be opened, or that can't go on.</summary>
    public static IReadOnlyList<Loss> Others { get; } =
    [
        new("All silos", "the first one again", s => s.RankIs(0, Scene.Rank("silo-c")).RankIs(1, null).Seen(l => l with { Takers = ["silo-c"] }), Wait, "not all ranks run"),
        new("A silo, SIGTERM", "its ranks arrive elsewhere", s => s.RankIs(1, Scene.Rank("silo-a", movedFrom: "silo-b")).Seen(l => l with { Takers = ["silo-a"] }), Wait, "it trains"),
        new("A CUDA device is gone", "its silo leaves, and the rank arrives elsewhere", s => s.RankIs(1, Scene.Rank("silo-a", movedFrom: "silo-b")).Seen(l => l with { Takers = ["silo-a"] }), Wait, "it trains"),
        new(
            "A silo joins", "the rank that was sent there did not arrive",
            s => s.RankIs(1, Scene.Rank("silo-a")).Seen(l => l with { LastMove = (new RankMove(1, "silo-a", "silo-b"), Scene.Now - TimeSpan.FromSeconds(9)) }), Wait, "did not arrive"),
        new("A server, SIGTERM", "nothing of the job can be opened there", s => s.Closed(50).Away(TimeSpan.FromSeconds(20)), Wait, "Connection refused"),
        new("A server, SIGTERM", "all servers have stopped, and a rank is gone", s => s.ServerSays(0, Leaves).RankIs(1, null), new JobAction.HandOver(), $"server {Scene.First} leaves"),
        new("A server, killed", "it stays away for ten minutes", s => s.Away(TimeSpan.FromMinutes(10)), Fail, "a parameter server: Unavailable: server 10.0.0.1:6000: Connection refused"),
        new("A server, killed", "the newest checkpoint of all", s => s.Closed(40, 50), Open(3, 50), "step 50"),
        new(
            "A server, killed", "all parts of a later step are there",
            s => s.Closed(40, 50).Seen(l => l with { Stored = [.. l.Stored.Select((d, i) => { d.Checkpoints.Add(Scene.Stored(60, i, isSealed: false)); return d; })] }),
            Open(3, 60), "step 60"),
        new("A server, killed", "no checkpoint was ever complete", s => s.With(r => r with { SealedSteps = [], Step = 0 }).Closed(), Open(3, null), "it begins"),
        new("A checkpoint is damaged", "the one that it was to go on from", s => s.Closed(40, 50).Refused(StatusCode.DataLoss, "step-50: SHA-256"), new JobAction.PassOverCheckpoint(50), "step-50: SHA-256"),
        new("A checkpoint is damaged", "the one before it is next", s => s.With(r => r with { UsableBelow = 50 }).Closed(40, 50), Open(3, 40), "step 40"),
        new("A checkpoint is damaged", "it is not there any more", s => s.Closed(40), Open(3, 40, "checkpoints/step-50: the manifest or a part is missing"), "step 40"),
        new(
            "A checkpoint is damaged", "none can be used", s => s.With(r => r with { UsableBelow = 40, DamagedCheckpoints = ["step-50: gone", "step-40: short"] }).Closed(40, 50),
            Fail, "no checkpoint can be used, and nothing was overwritten: step-50: gone; step-40: short"),
        new(
            "`train` itself, also by SIGKILL", "the record is new and the disks are not",
            s => s.With(_ => new JobRecord { JobFile = "job", Phase = JobPhase.Running }).Closed(40, 50), Open(3, 50), "step 50"),
        new(
            "The cluster's servers become others", "as many, in another order", s => s.Seen(l => l with { Servers = [Scene.Second, Scene.First] }),
            new JobAction.NewGeneration([Scene.Second, Scene.First]), $"the cluster's servers are {Scene.Second}, {Scene.First} now"),
        new("The cluster's servers become others", "what is on their disks", s => s.With(r => r with { Servers = [Scene.First] }).Closed(50), new JobAction.NewGeneration([Scene.First, Scene.Second]), "now"),
        new(
            "A step's numbers are wrong", "rollback in vain",
            s => s.With(r => r with { PassedOver = [new(50, 52, 1), new(50, 53, 2), new(50, 56, 3)] })
                .ServerSays(1, p => p.Fault = new StepFault { Step = 57, Reason = "step 57: …", RollsBack = true }),
            Fail, "step 57: …; going back 3 times did not help"),
        new("A step's numbers are wrong", "it can't be skipped", s => s.ServerSays(1, p => p.Fault = new StepFault { Step = 57, Reason = "step 57: …" }), Fail, "step 57: …"),
        new(
            "A step's numbers are wrong", "checkpoints behind the step are of another history",
            s => s.With(r => r with { PassedOver = [new(45, 57, 4)], Generation = 4, SealedSteps = [40] }).Closed(40, 50), Open(4, 40), "step 40"),
        new(
            "The disk of a server is full", "the last version can't be saved", s => s.Meets(new JobTrouble("the final version could not be saved: No space left on device")),
            Fail, "the final version could not be saved: No space left on device"),
        new("A child of `train`", "a server that it starts again", s => s.Closed().Away(TimeSpan.FromSeconds(1)), Wait, "Connection refused"),
        new("(the queue)", "it has not begun", s => s.With(r => r with { Phase = JobPhase.Queued }), new JobAction.Wait(JobDecision.Turn), "its turn"),
        new("(the end)", "it has ended", s => s.With(r => r with { Phase = JobPhase.Completed }), Wait, "it has ended"),
        new(
            "(the end)", "all is done",
            s => s.RankIs(0, Scene.Rank("silo-a", RankState.Finished)).RankIs(1, Scene.Rank("silo-b", RankState.Finished)).ServerSays(0, p => p.Finished = true).ServerSays(1, p => p.Finished = true),
            new JobAction.Complete(), "the last version is there"),
        new(
            "(the end)", "one server has yet to commit",
            s => s.RankIs(0, Scene.Rank("silo-a", RankState.Finished)).RankIs(1, Scene.Rank("silo-b", RankState.Finished)).ServerSays(0, p => p.Finished = true),
            Wait, "not all ranks run"),
        new("(the end)", "a rank has not left yet", s => s.ServerSays(0, p => p.Finished = true).ServerSays(1, p => p.Finished = true), Wait, "it trains"),
        new("(data)", "they can't be read", s => s.Meets(new JobTrouble("Folder … lacks …")), Fail, "Folder … lacks …"),
        new("(data)", "another job's checkpoints", s => s.Closed(50).Seen(l => l with { Differences = ["seed: 1 before, 2 now"] }), Fail, "seed: 1 before, 2 now"),
        new("(a server)", "it refuses", s => s.Refused(StatusCode.FailedPrecondition, "one server by two names"), Fail, "a parameter server: FailedPrecondition: one server by two names"),
    ];

    private static JobAction Open(long generation, long? step, params string[] lost) =>
        new JobAction.Open(generation, step is { } at ? new CheckpointChoice(at, []) : null, lost);

    private static Action<PartitionStatus> Saves(long step) => p => p.Saved.Add(new CheckpointPart { Step = step });

    private static void Leaves(PartitionStatus status) => (status.Leaving, status.Stopped) = (true, true);
}
