using System.Numerics;
using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;
using static TorchSharp.torch;

namespace DistTrain.Torch.Tests.Landscape;

[Trait("Kind", "Fast")]
public class CurvatureReplicaTests
{
    private static readonly Dataset Digits = DatasetReader.Read(new DatasetRecipe("digits", null, 128, 64));

    private static readonly int[] Examples = [.. Enumerable.Range(0, 24)];

    private static readonly MicroBatchKey Key = new(Seed: 3, Position.Start(), Rank: 0, Index: 0);

    public CurvatureReplicaTests() => NativeEnvironment.Prepare();

    /// <summary>Every layer that the job file knows; the smooth ones are held to difference quotients of the gradient besides.</summary>
    public static TheoryData<string, bool> Models => new()
    {
        { "{name: custom, layers: [conv: {out: 4, stride: 2}, tanh, {averagePool: 2}, flatten, linear: 12, sigmoid, linear: 10]}", true },
        { "{name: custom, layers: [conv: {out: 4, stride: 2}, gelu, {norm: batch}, residual: [conv: {out: 4, padding: 1}, {norm: batch}, tanh], globalAveragePool, linear: 10]}", true },
        { "{name: custom, layers: [conv: {out: 4, stride: 2}, {norm: layer}, tanh, {norm: instance}, gelu, {norm: group}, flatten, linear: 10]}", true },
        { "{name: custom, layers: [conv: {out: 4, stride: 4}, {norm: batch-renorm}, tanh, flatten, dropout: 0.5, linear: {out: 10, reparametrization: weight}]}", true },
        { "{name: custom, layers: [flatten, linear: {out: 8, reparametrization: spectral}, tanh, linear: {out: 10, bias: false}]}", true },
        { "{name: custom, spectralPenalty: 0.1, layers: [flatten, linear: 10]}", true },
        { "{name: custom, layers: [conv: {out: 4, stride: 2}, residual: [{norm: batch}, conv: {out: 8, padding: 1, stride: 2}, tanh], residual: [dropout: 0.5], flatten, linear: 10]}", true },
        { "{name: custom, layers: [conv: {out: 4, kernel: 5, stride: 2}, relu, {maxPool: 2}, flatten, linear: 10]}", false },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void The_product_is_symmetric_and_the_gradients_slope(string model, bool isSmooth)
    {
        using var replica = Make<double>($"model={model}");
        var (u, v) = (Direction<double>(replica.Layout, 1), Direction<double>(replica.Layout, 2));
        var (hu, hv) = (Product(replica, u), Product(replica, v));
        var scale = Math.Sqrt(Dot(hu, hu) * Dot(v, v));
        Assert.True(scale > 0);
        Assert.Equal(Dot(u, hv), Dot(v, hu), scale * 1e-12);
        if (!isSmooth)
            return;
        AssertSlope(replica, v);
    }

    [Fact]
    public void Ranks_and_micro_batches_add_up_to_the_whole()
    {
        using var replica = Make<double>("model.name=cnn");
        var v = Direction<double>(replica.Layout, 1);
        var whole = Product(replica, v);
        var parts = new double[whole.Length];
        foreach (var part in new[] { Examples[..5], [], Examples[5..6], Examples[6..] })
            parts = [.. parts.Zip(Product(replica, v, part), (a, b) => a + b)];
        Assert.All(whole.Zip(parts), pair => Assert.Equal(pair.First, pair.Second, 1e-10));
    }

    [Fact]
    public void Float32_is_float64_to_its_digits()
    {
        using var narrow = Make<float>("model.name=cnn");
        using var wide = Make<double>("model.name=cnn");
        var v = Direction<float>(narrow.Layout, 1);
        var expected = Product(wide, Array.ConvertAll(v, x => (double)x));
        var error = Product(narrow, v).Zip(expected, (a, b) => a - b).ToArray();
        Assert.InRange(Math.Sqrt(Dot(error, error) / Dot(expected, expected)), 1e-9, 1e-5);
    }

    /// <summary>In training mode the gradient is the one that a step of training pushes, bit for bit.</summary>
    [Theory]
    [InlineData("model.name=cnn")]
    [InlineData("model={name: cnn, norm: batch}", "batchNorm.scope=local")]
    [InlineData("model={name: custom, layers: [flatten, dropout: 0.5, linear: 10]}")]
    public void The_gradient_in_training_mode_is_that_of_a_step(params string[] job)
    {
        using var replica = Make<float>(CurvatureMode.Training, job);
        using var training = new Replica(ModelBlueprint.Of(Specs.Of(job), Digits.Train.Shape, Digits.Train.Classes), capacity: 64);
        replica.Parameters.CopyTo(training.Parameters);
        training.BeginStep();
        var expected = training.Accumulate(Digits.Train, Examples, Digits.Train.DivisorOf(Examples), Key);
        training.EndStep();
        replica.BeginSum();
        var result = replica.AddGradient(Digits.Train, Examples, Digits.Train.DivisorOf(Examples), Key);
        replica.EndSum();
        Assert.Equal(expected, result);
        Assert.Equal(training.Gradient[..replica.Sum.Length].ToArray(), replica.Sum.ToArray());
    }

    [Fact]
    public void Evaluation_mode_is_the_loss_that_eval_tells()
    {
        string[] job = ["model={name: cnn, norm: batch}"];
        using var replica = Make<float>(CurvatureMode.Evaluation, job);
        using var training = new Replica(ModelBlueprint.Of(Specs.Of(job), Digits.Train.Shape, Digits.Train.Classes), capacity: 64);
        replica.Parameters.CopyTo(training.Parameters);
        var expected = training.Evaluate(Digits.Test, Examples, Digits.Test.DivisorOf(Examples));
        replica.BeginSum();
        Assert.Equal(expected, replica.Measure(Digits.Test, Examples, Digits.Test.DivisorOf(Examples)));
        Assert.Equal(expected, replica.AddGradient(Digits.Test, Examples, Digits.Test.DivisorOf(Examples)));
        Assert.Equal(expected, replica.AddProduct(Digits.Test, Examples, Digits.Test.DivisorOf(Examples)));
    }

    [Fact]
    public void The_same_product_on_two_threads_at_once_has_the_same_bits()
    {
        var products = Enumerable.Range(0, 2).AsParallel().WithDegreeOfParallelism(2).Select(_ =>
        {
            using var replica = Make<float>("model={name: cnn, norm: batch}");
            return Product(replica, Direction<float>(replica.Layout, 1));
        }).ToList();
        Assert.Equal(products[0], products[1]);
    }

    /// <summary>Statistics are of the examples themselves there, and a dropped unit stays so.</summary>
    [Theory]
    [InlineData("local")]
    [InlineData("ghost:9")]
    public void In_training_mode_the_product_is_the_gradients_slope(string scope)
    {
        string[] job = ["model={name: custom, layers: [conv: {out: 4, stride: 2}, {norm: batch}, tanh, flatten, dropout: 0.5, linear: {out: 12, reparametrization: weight}, {norm: batch}, linear: 10]}", $"batchNorm.scope={scope}"];
        using var replica = Make<double>(CurvatureMode.Training, job);
        AssertSlope(replica, Direction<double>(replica.Layout, 1));
    }

    [Fact]
    public void The_same_bits_wherever_its_memory_is()
    {
        var (own, apart) = (Run(TensorDevice.Processor), Run(TensorDevice.Apart(CPU)));
        var late = Run(TensorDevice.Staging);
        Assert.Equal(own.Gradient, apart.Gradient);
        Assert.Equal(own.Product, apart.Product);
        Assert.Equal(own.Loss, apart.Loss);
        Assert.Equal(own.Gradient, late.Gradient);
        Assert.Equal(own.Product, late.Product);
        Assert.Equal(own.Loss, late.Loss);

        static (float[] Gradient, float[] Product, BatchResult Loss) Run(TensorDevice device)
        {
            using var replica = Make<float>(CurvatureMode.Evaluation, ["model={name: cnn, norm: batch}"], device);
            replica.BeginSum();
            replica.AddGradient(Digits.Train, Examples, Digits.Train.DivisorOf(Examples));
            replica.EndSum();
            var gradient = replica.Sum.ToArray();
            gradient.CopyTo(replica.Direction);
            replica.BeginSum();
            replica.AddProduct(Digits.Train, Examples, Digits.Train.DivisorOf(Examples));
            replica.EndSum();
            return (gradient, replica.Sum.ToArray(), replica.Measure(Digits.Test, Examples, Digits.Test.DivisorOf(Examples)));
        }
    }

    [Theory]
    [InlineData("batchNorm.scope global", "model={name: cnn, norm: batch}", "batchNorm.scope=global")]
    [InlineData("batch-renorm", "model={name: cnn, norm: batch-renorm}")]
    public void What_has_no_second_derivative_in_training_mode_is_refused(string expected, params string[] job)
    {
        var refusal = Assert.Throws<ModelException>(() => Make<float>(CurvatureMode.Training, job));
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        Make<float>(CurvatureMode.Evaluation, job).Dispose();
    }

    private static CurvatureReplica<T> Make<T>(params string[] job)
        where T : unmanaged, IFloatingPointIeee754<T> => Make<T>(CurvatureMode.Evaluation, job);

    private static CurvatureReplica<T> Make<T>(CurvatureMode mode, string[] job, TensorDevice? device = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var replica = new CurvatureReplica<T>(ModelBlueprint.Of(Specs.Of(job), Digits.Train.Shape, Digits.Train.Classes), capacity: 64, mode, device);
        var version = new float[replica.Layout.Length];
        VersionZero.Fill(replica.Layout, seed: 3, offset: 0, version);
        for (var i = 0; i < version.Length; i++)
            replica.Parameters.Span[i] = T.CreateChecked(version[i]);
        return replica;
    }

    private static T[] Direction<T>(ParameterLayout layout, int probe)
        where T : unmanaged, INumberBase<T>
    {
        var part = new VectorPart(layout, ..);
        var direction = new T[part.Length];
        ProbeDirection.Fill<T>(part, ProbeDirectionKind.Gauss, seed: 1, probe, restart: 0, direction);
        return direction;
    }

    private static double[] Product<T>(CurvatureReplica<T> replica, T[] direction, int[]? examples = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        direction.CopyTo(replica.Direction);
        replica.BeginSum();
        replica.AddProduct(Digits.Train, examples ?? Examples, Digits.Train.DivisorOf(Examples), Key);
        replica.EndSum();
        return [.. replica.Sum.ToArray().Select(double.CreateChecked)];
    }

    /// <summary>By a difference quotient of the gradient.</summary>
    private static void AssertSlope(CurvatureReplica<double> replica, double[] v)
    {
        const double Length = 1e-5;
        var hv = Product(replica, v);
        var (ahead, behind) = (GradientAt(replica, v, Length), GradientAt(replica, v, -Length));
        var error = ahead.Zip(behind, (a, b) => (a - b) / (2 * Length)).Zip(hv, (slope, product) => slope - product).ToArray();
        Assert.InRange(Math.Sqrt(Dot(error, error) / Dot(hv, hv)), 0, 1e-5);
    }

    private static double[] GradientAt(CurvatureReplica<double> replica, double[] direction, double length)
    {
        var there = replica.Parameters.ToArray();
        for (var i = 0; i < direction.Length; i++)
            replica.Parameters.Span[i] += length * direction[i];
        replica.BeginSum();
        replica.AddGradient(Digits.Train, Examples, Digits.Train.DivisorOf(Examples), Key);
        replica.EndSum();
        there.CopyTo(replica.Parameters);
        return replica.Sum.ToArray();
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
