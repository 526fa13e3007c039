using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Protocol.Regions;
using DistTrain.Recipes;
using DistTrain.Training.Phases;
using DistTrain.Training.Steps;
using DistTrain.Training.Updates;

namespace DistTrain.ParameterServer.Replicas;

/// <summary>What a partition is asked to do: immutable, made once from the job file, the layout and the server's place.</summary>
internal sealed class PartitionPlan
{
    private readonly HashSet<string> _frozen;

    public PartitionPlan(
        string jobId,
        long generation,
        TrainingJob job,
        ParameterLayout layout,
        int server,
        int servers,
        int trainExamples,
        int testExamples,
        string dataFingerprint,
        string leader = "",
        IReadOnlyList<StepRange>? passedOver = null)
    {
        (JobId, Generation, Job, Layout) = (jobId, generation, job, layout);
        (Server, Servers) = (server, servers);
        (TrainExamples, TestExamples, DataFingerprint, Leader) = (trainExamples, testExamples, dataFingerprint, leader);
        Buckets = [.. layout.Buckets.Take(layout.BucketsOf(server, servers))];
        Offset = Buckets.Count == 0 ? 0 : Buckets[0].Offset;
        Length = Buckets.Sum(b => b.Length);
        Tree = new RankTree(job.Spec.Workers);
        Course = new Course(job.Spec, trainExamples, testExamples, layout.Segments.Any(s => s.IsBuffer && s.Kind != SegmentKind.Features));
        Judge = new StepJudge(job.Spec.Numerics, passedOver ?? []);
        Rule = new StepRule(job.Spec, Course, Judge);
        Rates = ParameterRates.Of(job.Spec, layout);
        _frozen = [.. layout.Segments.Where((_, index) => Rates[index] == 0).Select(segment => segment.Name)];
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

    /// <summary>What the last version is evaluated on; those before it on the first of them.</summary>
    public IReadOnlyList<EvaluationSet> EvaluationSets =>
        Job.Spec.Dataset.Validation is null ? [EvaluationSet.Test] : TestExamples == 0 ? [EvaluationSet.Validation] : [EvaluationSet.Validation, EvaluationSet.Test];

    public string DataFingerprint { get; }

    /// <summary>The run of buckets owned here, possibly empty.</summary>
    public IReadOnlyList<Bucket> Buckets { get; }

    /// <summary>First element of the run in the flat vector.</summary>
    public int Offset { get; }

    /// <summary>Elements of the run.</summary>
    public int Length { get; }

    public RankTree Tree { get; }

    public Course Course { get; }

    /// <summary>Whether a step is taken.</summary>
    public StepJudge Judge { get; }

    /// <summary>What its updates need.</summary>
    public StepRule Rule { get; }

    /// <summary>By segment, what its rate is multiplied by; 0: it is frozen.</summary>
    public IReadOnlyList<double> Rates { get; }

    /// <summary>It takes no update, and has the same bits wherever the model is.</summary>
    public bool IsFrozen(Segment segment) => _frozen.Contains(segment.Name);

    /// <summary>Vectors saved beside the weights: the optimizer's slots and, with SWA, the running mean.</summary>
    public int SavedSlots => Rule.Optimizer.Slots + (Course.KeepsMean ? 1 : 0);

    /// <summary>What the job starts from.</summary>
    public FirstVersion FirstVersion { get; init; } = VersionZero.Fill;

    /// <summary>Makes the sum of a bucket over the ranks of a tree.</summary>
    public Func<RankTree, Bucket, BucketSum> NewSum { get; init; } = (tree, bucket) => new BucketSum(tree, bucket);

    /// <summary>Most threads that work on its buckets; changes no result.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Whether memory is shared with ranks of this machine.</summary>
    public MemorySharing Memory { get; init; } = MemorySharing.Off;

    /// <summary>Endpoint of server 0; empty on a job of one server.</summary>
    public string Leader { get; }

    /// <summary>The leader keeps metrics and evaluations.</summary>
    public bool IsLeader => Server == 0;

    /// <summary>What it is to find where it is a probe's; null: the job trains.</summary>
    public ProbeRecipe? Probe => Job.Spec.Probe;

    /// <summary>float32 that an element takes in versions, gradients and files: 1, of a probe in float64 2.</summary>
    public int Width => Probe?.Width ?? 1;

    /// <summary>Steps of the whole job; at most, where the way there decides.</summary>
    public long TotalSteps => Probe is { } probe ? 1 + probe.Plan.MostProducts(Layout.ParameterCount) : Course.TotalSteps;

    /// <summary>What it takes, in bytes.</summary>
    public long MemoryBytes => JobMemory.Bytes(Job.Spec, Layout, Length);

    /// <summary>A sum of one bucket over ranks.</summary>
    public BucketSum SumOf(RankTree tree, Bucket bucket) => Width == 1 ? NewSum(tree, bucket) : new WideSum(tree, bucket);
}
