using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;
using static TorchSharp.torch;

namespace DistTrain.Torch.Tests.Passes;

/// <summary>Products in bfloat16, everything else in float32. The numbers hold on processors that only emulate such products, too.</summary>
[Trait("Kind", "Fast")]
public class PrecisionTests
{
    private static readonly Dataset Digits = DatasetReader.Read(new DatasetRecipe("digits", null, 32, 8));

    private static readonly ExampleSet Text = ExampleSet.OfTokens(8, 11, [.. Enumerable.Range(0, 150).Select(i => (ushort)(i * i % 11))]);

    public PrecisionTests() => NativeEnvironment.Prepare();

    /// <summary>bfloat16 ends at eight bits: a sum in it would stand still at 256 ones, and 1/3 is 0.333984375 there.</summary>
    [Fact]
    public void Factors_are_rounded_and_sums_are_not()
    {
        var pass = new ForwardPass { Parameters = [], Training = true, Products = ScalarType.BFloat16 };
        var third = 1.0 / 3;
        var y = pass.Linear(ones(1, 1024), full([1, 1024], third), bias: null);
        Assert.Equal(ScalarType.BFloat16, y.dtype);
        Assert.Equal(1024 * 0.333984375, y.to(float32).item<float>());
        Assert.Equal(1024 * 0.333984375, pass.Multiply(ones(1, 1024), full([1024, 1], third)).to(float32).item<float>());
        Assert.Equal(9 * 64 * 0.333984375, pass.Convolve(ones(1, 64, 3, 3), full([1, 64, 3, 3], third), bias: null, stride: 1, padding: 0).to(float32).item<float>(), 0.5);
    }

    /// <summary>So a gradient is the same for weights that round alike, and near that of float32: the factors of each product are off by up to 1/256.</summary>
    [Theory]
    [InlineData("model={name: custom, layers: [{conv: {out: 8, kernel: 3}}, relu, {maxPool: 2}, flatten, {linear: 10}]}")]
    [InlineData("model={name: custom, layers: [{conv: {out: 8, kernel: 3, reparametrization: weight}}, gelu, {averagePool: 2}, flatten, {linear: 10}]}")]
    [InlineData("model={name: custom, layers: [{conv: {out: 8, kernel: 3}}, {norm: batch}, relu, flatten, {dropout: 0.3}, {linear: 10}]}")]
    [InlineData("model={name: custom, layers: [{conv: {out: 8, kernel: 3}}, {norm: batch-renorm}, relu, flatten, {linear: 10}]}")]
    [InlineData("model={name: custom, layers: [{conv: {out: 8, kernel: 3}}, {norm: layer}, relu, flatten, {linear: 10}]}")]
    [InlineData("model={name: custom, layers: [{conv: {out: 8, kernel: 3}}, {norm: instance}, relu, flatten, {linear: 10}]}")]
    [InlineData("model={name: custom, layers: [{conv: {out: 8, kernel: 3}}, {norm: group}, tanh, globalAveragePool, {linear: 10}]}")]
    [InlineData("model={name: custom, layers: [flatten, {conv1d: {out: 4, kernel: 5, stride: 4, padding: 2}}, gelu, {conv1d: {out: 4, causal: true, groups: 2}}, flatten, {linear: 10}]}")]
    [InlineData("model={name: custom, layers: [{conv: {out: 4, kernel: 3}}, {residual: [{conv: {out: 8, kernel: 3, stride: 2, padding: 1}}, relu]}, flatten, {linear: 10}]}")]
    [InlineData("model={name: transformer, width: 16, depth: 2, heads: 2}", "dataset={name: text, path: there, context: 8}")]
    public void A_gradient_is_that_of_float32_to_two_digits(params string[] job)
    {
        var single = Gradient(job, Precisions.Float32);
        var half = Gradient(job, Precisions.BFloat16);
        Assert.NotEqual(single.Gradient, half.Gradient);
        Assert.Equal(single.Loss, half.Loss, 0.02 * single.Loss);
        var model = ModelOf(job, Precisions.BFloat16);
        foreach (var segment in model.Layout.Segments.Where(segment => !segment.IsBuffer))
        {
            var (one, other) = (Part(single.Gradient, segment), Part(half.Gradient, segment));
            var apart = Norm(one.Zip(other, (a, b) => a - b));
            // What has no gradient but by rounding, as a bias before a norm, is small beside the others.
            Assert.True(apart <= (0.1 * Norm(one)) + 2e-3, $"{segment.Name}: {apart} of {Norm(one)}");
        }
    }

    [Fact]
    public void Weights_that_round_alike_have_the_same_gradient()
    {
        string[] job = ["model={name: custom, layers: [{conv: {out: 8, kernel: 3, bias: false}}, relu, flatten, {linear: {out: 10, bias: false}}]}"];
        // One bit of float32 beside a number of bfloat16.
        Assert.Equal(Gradient(job, Precisions.BFloat16, Rounded).Gradient, Gradient(job, Precisions.BFloat16, w => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(Rounded(w)) + 1)).Gradient);
        Assert.NotEqual(Gradient(job, Precisions.Float32, Rounded).Gradient, Gradient(job, Precisions.Float32, w => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(Rounded(w)) + 1)).Gradient);
    }

    [Fact]
    public void Evaluation_is_that_of_float32()
    {
        string[] job = ["model.name=cnn", "model.norm=batch"];
        Assert.Equal(Evaluated(Precisions.Float32), Evaluated(Precisions.BFloat16));

        BatchResult Evaluated(string precision)
        {
            using var replica = ReplicaOf(job, precision, w => w);
            return replica.Evaluate(Digits.Test, [.. Enumerable.Range(0, 8)], Digits.Test.Whole);
        }
    }

    private static (float[] Gradient, double Loss) Gradient(string[] job, string precision, Func<float, float>? weights = null)
    {
        using var replica = ReplicaOf(job, precision, weights ?? (w => w));
        replica.BeginStep();
        var data = IsText(job) ? Text : Digits.Train;
        var result = replica.Accumulate(data, [.. Enumerable.Range(0, 16)], new Divisor(16, data.Targets), new MicroBatchKey(1, Position.Start(), 0, 0));
        replica.EndStep();
        return (replica.Gradient.ToArray(), result.LossSum / 16);
    }

    private static Replica ReplicaOf(string[] job, string precision, Func<float, float> weights)
    {
        var replica = new Replica(ModelOf(job, precision), capacity: 16);
        var version = replica.Parameters.Span;
        VersionZero.Fill(replica.Layout, seed: 3, offset: 0, version);
        for (var i = 0; i < version.Length; i++)
            version[i] = weights(version[i]);
        return replica;
    }

    private static ModelBlueprint ModelOf(string[] job, string precision) => IsText(job)
        ? ModelBlueprint.Of(Specs.Of([.. job, $"precision={precision}"]), [8], 11)
        : ModelBlueprint.Of(Specs.Of([.. job, $"precision={precision}"]), Digits.Train.Shape, Digits.Train.Classes);

    private static bool IsText(string[] job) => job.Any(key => key.Contains("name: text", StringComparison.Ordinal));

    private static float Rounded(float weight) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(weight) & ~0xFFFF);

    private static IEnumerable<float> Part(float[] vector, Segment segment) => vector.Skip(segment.Offset).Take(segment.Length);

    private static double Norm(IEnumerable<float> values) => Math.Sqrt(values.Sum(value => (double)value * value));
}
