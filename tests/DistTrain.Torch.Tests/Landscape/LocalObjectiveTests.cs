using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;

namespace DistTrain.Torch.Tests.Landscape;

[Trait("Kind", "Fast")]
public class LocalObjectiveTests
{
    private static readonly ExampleSet Data = DatasetReader.Read(new DatasetRecipe("digits", null, 128, 64)).Train;

    private static readonly int[] Examples = [.. Enumerable.Range(7, 61)];

    public LocalObjectiveTests() => NativeEnvironment.Prepare();

    [Fact]
    public void Products_of_k_ranks_are_those_of_one()
    {
        var (one, oneLoss) = Product<double>(ranks: 1, threads: 1);
        foreach (var ranks in new[] { 2, 3, 8 })
        {
            var (several, loss) = Product<double>(ranks, threads: 2);
            Assert.Equal(oneLoss, loss, 1e-12);
            Assert.All(one.Zip(several), pair => Assert.Equal(pair.First, pair.Second, 1e-10));
        }
    }

    [Fact]
    public void Threads_change_no_bit()
    {
        var (expected, loss) = Product<float>(ranks: 5, threads: 1);
        foreach (var threads in new[] { 2, 5 })
        {
            var (product, sameLoss) = Product<float>(ranks: 5, threads);
            Assert.Equal(loss, sameLoss);
            Assert.Equal(expected, product);
        }
    }

    /// <summary>More ranks than examples: some have none.</summary>
    [Fact]
    public void A_rank_without_examples_adds_nothing()
    {
        using var objective = Create<double>(ranks: 80, threads: 2, out _);
        Assert.Equal(61, objective.Gradient(CancellationToken.None).Result.Examples);
    }

    [Fact]
    public void It_stops_when_asked_to()
    {
        using var objective = Create<float>(ranks: 2, threads: 2, out _);
        Assert.Throws<OperationCanceledException>(() => objective.Loss(new CancellationToken(canceled: true)));
    }

    private static (double[] Product, double Loss) Product<T>(int ranks, int threads)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        using var objective = Create<T>(ranks, threads, out var layout);
        var direction = new T[layout.TrainableLength];
        ProbeDirection.Fill<T>(new VectorPart(layout, ..), ProbeDirectionKind.Gauss, seed: 1, probe: 0, restart: 0, direction);
        return ([.. objective.Product(direction, CancellationToken.None).Select(double.CreateChecked)], objective.Loss(CancellationToken.None));
    }

    private static LocalObjective<T> Create<T>(int ranks, int threads, out ParameterLayout layout)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        var model = ModelBlueprint.Of(Specs.Of("model={name: custom, layers: [flatten, linear: 16, tanh, linear: 10]}"), Data.Shape, Data.Classes);
        layout = model.Layout;
        var version = new float[layout.Length];
        VersionZero.Fill(layout, seed: 3, offset: 0, version);
        var objective = new LocalObjective<T>(model, new Objective(Data, Examples, ranks, MicroBatch: 8, CurvatureMode.Evaluation, Seed: 1, Position.Start()), threads);
        objective.MoveTo(version);
        return objective;
    }
}
