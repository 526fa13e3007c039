using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Worker.Jobs;
using DistTrain.Worker.Jobs.Driving;
using DistTrain.Worker.Ranks;
using Grpc.Core;

namespace DistTrain.Worker.Tests.Jobs.Driving;

/// <summary>
/// A job and what is seen of it: two ranks on two silos, two servers, at step 57 of 100; it saves every 10 steps and keeps two checkpoints. Each method is
/// something that happens to it.
/// </summary>
internal sealed record Scene(JobRecord Record, JobLook Look)
{
    public const string First = "10.0.0.1:6000";
    public const string Second = "10.0.0.2:6000";

    /// <summary>When it is looked at.</summary>
    public static readonly TimeSpan Now = TimeSpan.FromHours(5);

    private static readonly ParameterLayout Layout =
        ParameterLayout.Of([new Segment("weight", SegmentKind.Weight, [4, 8], 0, Initialization.One)], bucketLength: 16);

    private static readonly TrainingSpec Spec =
        JobFile.Read(null, "test", ["workers=2", "steps=100", "checkpoint.everySteps=10", "checkpoint.keep=2"]).Job!.Spec;

    private static readonly JobPreparation Preparation = new(Layout, new DataRecord("data", [], [8], 4, 400, 100, "{}", []));

    /// <summary>It trains, and nothing has happened.</summary>
    public static Scene Trains { get; } = new(
        new JobRecord
        {
            JobFile = "job",
            Phase = JobPhase.Running,
            Generation = 3,
            Servers = [First, Second],
            Data = Preparation.Data,
            DataFingerprint = "data",
            Arithmetic = "host",
            IsOpen = true,
            RankSilos = ["silo-a", "silo-b"],
            SealedSteps = [40, 50],
            TotalSteps = 100,
            Step = 50,
        },
        new JobLook
        {
            Spec = Spec,
            Preparation = Preparation,
            Servers = [First, Second],
            Ranks = [Rank("silo-a"), Rank("silo-b")],
            Partitions = [Partition(), Partition()],
            Takers = ["silo-a", "silo-b"],
        });

    public JobDecision Decision => JobDecision.Of(Record, Look, Now);

    public static RankProgress Rank(string silo, RankState state = RankState.Running, string? movedFrom = null, string? fault = null) => new(state, 57, silo, movedFrom, fault);

    public static PartitionStatus Partition() => new() { Version = 57, TotalSteps = 100 };

    /// <summary>What a server has of one step's checkpoint: everything, or its part of it.</summary>
    public static StoredCheckpoint Stored(long step, int server, bool isSealed = true, long generation = 2) => new()
    {
        Step = step,
        Sealed = isSealed,
        Parts = { new CheckpointPart { Step = step, Server = server, Elements = server == 0 ? Layout.Length / 2 : Layout.Length - (Layout.Length / 2), Generation = generation } },
    };

    public Scene With(Func<JobRecord, JobRecord> change) => this with { Record = change(Record) };

    public Scene Seen(Func<JobLook, JobLook> change) => this with { Look = change(Look) };

    /// <summary>A rank tells how it is, unless it does not answer any more.</summary>
    public Scene RankIs(int rank, RankProgress? progress) =>
        Seen(look => look with { Ranks = [.. look.Ranks.Select((r, i) => i == rank && r is not null ? progress : r)] });

    public Scene ServerSays(int server, Action<PartitionStatus> say) => Seen(look => look with
    {
        Partitions = [.. look.Partitions.Select((status, i) =>
        {
            var said = status.Clone();
            if (i == server)
                say(said);
            return said;
        })],
    });

    /// <summary>Something went wrong; where two things did, what a server answers goes before that another does not answer.</summary>
    public Scene Meets(JobTrouble trouble) => Seen(look => look with { Trouble = look.Trouble is null or { IsAway: true } ? trouble : look.Trouble });

    /// <summary>A server answers with a refusal.</summary>
    public Scene Refused(StatusCode code, string detail) => Meets(new JobTrouble(detail) { Server = code });

    /// <summary>A server does not answer.</summary>
    public Scene Away(TimeSpan since) =>
        Meets(new JobTrouble($"server {First}: Connection refused") { Server = StatusCode.Unavailable, IsAway = true }).Seen(look => look with { AwaySince = Now - since });

    /// <summary>Its servers are to be opened, and have sealed the checkpoints of these steps, or none.</summary>
    public Scene Closed(params long[] steps) => With(record => record with { IsOpen = false }).Seen(look => look with
    {
        Ranks = [],
        Partitions = [],
        Stored = [.. Enumerable.Range(0, 2).Select(server => new StoredCheckpoints { Checkpoints = { steps.Select(step => Stored(step, server)) } })],
    });
}
