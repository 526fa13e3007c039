using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Parameters;
using DistTrain.Optimization.Schedules;
using DistTrain.Recipes;
using Position = DistTrain.Optimization.Order.Position;

namespace DistTrain.ParameterServer.Partitions;

/// <summary>What a partition is asked to do: immutable, made once from the job file, the layout and the server's place.</summary>
internal sealed class PartitionPlan
{
    public PartitionPlan(
        string jobId,
        long generation,
        TrainingJob job,
        ParameterLayout layout,
        int server,
        int servers,
        int trainExamples,
        int testExamples,
        string dataFingerprint)
    {
        (JobId, Generation, Job, Layout) = (jobId, generation, job, layout);
        (Server, Servers) = (server, servers);
        (TrainExamples, TestExamples, DataFingerprint) = (trainExamples, testExamples, dataFingerprint);
        Buckets = [.. layout.Buckets.Take(layout.BucketsOf(server, servers))];
        Offset = Buckets.Count == 0 ? 0 : Buckets[0].Offset;
        Length = Buckets.Sum(b => b.Length);
        Tree = new RankTree(job.Spec.Workers);
        Optimizer = OptimizerCatalog.Find(job.Spec.Optimizer.Name)!.Create<float>(job.Spec.Optimizer.Options);
        Rates = JobRates.Curve(job.Spec, trainExamples);
    }

    public string JobId { get; }

    public long Generation { get; }

    public TrainingJob Job { get; }

    public ParameterLayout Layout { get; }

    /// <summary>This server's index among the job's <see cref="Servers"/>.</summary>
    public int Server { get; }

    public int Servers { get; }

    public int TrainExamples { get; }

    public int TestExamples { get; }

    public string DataFingerprint { get; }

    /// <summary>The run of buckets owned here, possibly empty.</summary>
    public IReadOnlyList<Bucket> Buckets { get; }

    /// <summary>First element of the run in the flat vector.</summary>
    public int Offset { get; }

    /// <summary>Elements of the run.</summary>
    public int Length { get; }

    public RankTree Tree { get; }

    public IOptimizer<float> Optimizer { get; }

    /// <summary>The learning rate of each step.</summary>
    public RateCurve Rates { get; }

    public long TotalSteps => Rates.TotalSteps;

    /// <summary>The leader keeps metrics and evaluations.</summary>
    public bool IsLeader => Server == 0;

    /// <summary>Bytes of two versions, the slots, and at most N/2 + 1 pending chunks of each bucket (a snapshot counts as one more set).</summary>
    public long MemoryBytes =>
        sizeof(float) * (long)Length * (2 + Optimizer.Slots + 1 + Optimizer.Slots + (Job.Spec.Workers / 2) + 1);

    /// <summary>The open step that starts from <paramref name="version"/> at <paramref name="position"/>.</summary>
    public OpenStep StepAt(long version, Position position)
    {
        var last = version >= TotalSteps;
        var take = last ? 0 : position.Take(Job.Spec.Batch, TrainExamples);
        var everyEpochs = Job.Spec.Evaluation.EveryEpochs;
        var epochEnd = version > 0 && position.Cursor == 0 && everyEpochs > 0 && position.Epoch % everyEpochs == 0;
        return new OpenStep(
            version,
            position,
            take,
            Evaluate: TestExamples > 0 && (last || epochEnd),
            Rate: Rates.RateAt(version, position, take));
    }

    /// <summary>Fractional epochs done at <paramref name="position"/>.</summary>
    public double EpochsAt(Position position) => position.EpochsDone(TrainExamples);
}
