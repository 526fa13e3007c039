using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Data;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Models;
using DistTrain.Torch.Replicas;
using DistTrain.Worker.Cluster;
using DistTrain.Worker.Jobs;
using DistTrain.Worker.Ranks;

namespace DistTrain.Worker.Tests.Fixtures;

/// <summary>A job of two ranks on 64 synthetic digits, on servers that a test scripts: ten steps of eight examples.</summary>
internal sealed class SmallJob
{
    /// <param name="overrides"><c>path=value</c> on the job's own.</param>
    public SmallJob(params string[] overrides)
    {
        NativeEnvironment.Prepare();
        var read = JobFile.Read(
            null, "test", ["workers=2", "steps=10", "batch=8", "model.name=mlp", "dataset.trainExamples=64", "dataset.testExamples=16", "checkpoint.everySteps=5", .. overrides]);
        Job = read.Job ?? throw new ArgumentException(string.Join('\n', read.Problems), nameof(overrides));
        Data = DatasetReader.Read(Spec.Dataset);
        Model = ModelBlueprint.Of(Spec, Data.Train.Shape, Data.Train.Classes);
        Vector = new float[Layout.Length];
        foreach (var (i, _) in Vector.Index())
            Vector[i] = 0.01f * MathF.Sin(i);
    }

    public TrainingJob Job { get; }

    public TrainingSpec Spec => Job.Spec;

    public string File => JobFile.Write(Job);

    public Dataset Data { get; }

    public DataRecord Record => DataRecord.Of(Data, Spec.Dataset);

    public ModelBlueprint Model { get; }

    public ParameterLayout Layout => Model.Layout;

    /// <summary>A version: small numbers, the same each time.</summary>
    public float[] Vector { get; }

    public static SiloOptions SiloOf(params IReadOnlyList<string> servers) => new() { Cluster = new FolderStore("cluster"), Servers = Task.FromResult(servers), RankSlots = 2 };

    /// <summary>A version that a step of eight examples starts from.</summary>
    public static VersionHead Head(long version, int take = 8) => new() { Version = version, Take = take, Position = new DataPosition { Cursor = (int)(8 * version), Examples = 8 * version } };

    public RankAssignment Assignment(int rank, params IReadOnlyList<string> servers) => new(
        "small", rank, Generation: 1, File, servers, Data.Fingerprint, NativeEnvironment.Arithmetic(Precisions.Float32), new Dictionary<string, string>());

    public static RankHome Home { get; } = new("silo", Membership: 1, new PeerChannels(certificates: null), DeviceSet.None);

    /// <summary>The gradient of a rank's share of the first step, computed alone.</summary>
    public (float[] Gradient, ShareResult Share) GradientOf(int rank)
    {
        using var replica = new Replica(Model, Spec.LargestMicroBatch);
        Vector.CopyTo(replica.Parameters);
        var share = new ShareGradient(Spec, Data.Train, replica, moments: null, CancellationToken.None).Of(Head(0), rank);
        return (replica.Gradient.ToArray(), share);
    }
}
