using DistTrain.Observability;
using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Files;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Recipes;
using DistTrain.Security.Callers;

namespace DistTrain.ParameterServer;

/// <summary>How one parameter server process is set up.</summary>
public sealed record ServerOptions
{
    /// <summary>Address to bind; loopback unless the operator says otherwise.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Port of the gRPC endpoint; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Whom it lets in: processes of the cluster, where it asks.</summary>
    public Admission Admission { get; init; } = Admission.OfEverybody;

    /// <summary>Memory is shared with ranks of this machine, where that can be.</summary>
    public bool SharesMemory { get; init; } = true;

    /// <summary>Ports for those who look after the process.</summary>
    public ProbePorts Probes { get; init; } = new();

    /// <summary>Logs are JSON.</summary>
    public bool JsonLogs { get; init; }

    /// <summary>Stands in <see cref="JobFolder"/> for a job's id.</summary>
    public const string JobPlace = "{job}";

    /// <summary>Folder of a job's files, with <see cref="JobPlace"/> in it, or of the one job that the server takes.</summary>
    public string JobFolder { get; init; } = $"runs/{JobPlace}";

    /// <summary>Folder of the one job that the server is there for, as it is written, braces and all; null: <see cref="JobFolder"/> says it.</summary>
    public string? RunFolder { get; init; }

    /// <summary>Jobs start from what is in this folder only, and a relative <c>from.checkpoint</c> starts from it; null: from what the process may read.</summary>
    public string? DataRoot { get; init; }

    /// <summary>Most memory that the jobs' vectors may take together, in bytes.</summary>
    public long MemoryLimit { get; init; } = 8L << 30;

    /// <summary>
    /// How long a job's grain may take to stop and release the job once this server leaves; then the server saves its part alone. The grain looks each second, a busy machine
    /// takes longer. Whoever ends the process has to give it more than that (k8s/base: 60 s).
    /// </summary>
    public TimeSpan StopPatience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a step that is open when training is stopped may take to close: on a busy machine longer than on an idle one. Then it is given up.</summary>
    internal TimeSpan StepPatience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What the process was started for, one of <see cref="Determinisms"/>: jobs that ask for another are refused.</summary>
    public string Determinism { get; init; } = Determinisms.Host;

    /// <summary>Most threads that work on the buckets of one job; changes no result.</summary>
    internal int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>What the jobs start from. Tests hold whole steps to reference numbers that start from given weights.</summary>
    internal FirstVersion FirstVersion { get; init; } = VersionZero.Fill;

    /// <summary>Makes the sums of gradients. Tests put one in its place that breaks a rule, to see that they notice.</summary>
    internal Func<RankTree, Bucket, BucketSum> NewSum { get; init; } = (tree, bucket) => new BucketSum(tree, bucket);

    /// <summary>What the jobs' files are changed through. Tests put one in its place that fails.</summary>
    internal Disk Disk { get; init; } = Disk.Real;

    /// <summary>The folder of a job's files.</summary>
    internal string FolderOf(string jobId) => RunFolder ?? JobFolder.Replace(JobPlace, jobId, StringComparison.Ordinal);
}
