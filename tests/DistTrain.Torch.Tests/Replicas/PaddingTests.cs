using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;

namespace DistTrain.Torch.Tests.Replicas;

/// <summary>Examples of different lengths: padding has no part in anything, and each label the same weight.</summary>
[Trait("Kind", "Fast")]
public sealed class PaddingTests
{
    private const int Tokens = 7;

    private static readonly int[] _lengths = [3, 6, 1, 5, 2, 6, 4, 1, 5, 3, 2];

    /// <summary>Sees tokens in both directions, so padding as well, were it not hidden; no weight depends on the context.</summary>
    private const string TwoWays =
        "model={name: custom, layers: [embedding: 8, positions: sinusoidal, residual: [norm: layer, attention: {heads: 2, causal: false}], residual: [linear: 16, gelu, linear: 8], norm: layer, linear: 7]}";

    /// <summary>The same by convolutions, whose windows reach over the end of an example.</summary>
    private const string Windows =
        "model={name: custom, layers: [embedding: 8, conv1d: {out: 8, kernel: 5, padding: 2, groups: 8}, gelu, residual: [norm: layer, conv1d: {out: 8, padding: 1}], norm: layer, linear: 7]}";

    private static readonly int[] _all = [.. Enumerable.Range(0, _lengths.Length)];

    [Theory]
    [InlineData(TwoWays)]
    [InlineData(Windows)]
    [InlineData("model={name: transformer, width: 8, depth: 2, heads: 2}")]
    public void What_padding_is_changes_no_bit(string model)
    {
        var (one, other) = (Gradient(model, Set(), _all), Gradient(model, Set(hasPadding: true), _all));

        Assert.Equal(one.Result, other.Result);
        Assert.Equal(one.Gradient, other.Gradient);
    }

    [Theory]
    [InlineData(TwoWays)]
    [InlineData(Windows)]
    public void How_long_an_example_may_be_changes_no_bit(string model)
    {
        var (one, other) = (Gradient(model, Set(), _all), Gradient(model, Set(context: 40), _all));

        Assert.Equal(one.Result, other.Result);
        Assert.Equal(one.Gradient, other.Gradient);
    }

    /// <summary>Examples of equal length, fewer than there are places: what the other places have is not learned, all else is as if they were not there.</summary>
    [Fact]
    public void Places_that_no_example_reaches_have_no_part_in_anything()
    {
        ushort[] tokens = [.. Enumerable.Range(0, 31).Select(i => (ushort)(i * i * 5 % Tokens))];
        int[] examples = [0, 1, 2, 3, 4];
        var (one, other) = (Gradient(TwoWays, ExampleSet.OfTokens(6, Tokens, tokens), examples), Gradient(TwoWays, ExampleSet.OfTokens(40, Tokens, tokens, length: 6), examples));
        Assert.Equal(one.Result, other.Result);
        Assert.Equal(one.Gradient, other.Gradient);

        var set = ExampleSet.OfTokens(40, Tokens, tokens, length: 6);
        var learned = Gradient("model={name: transformer, width: 8, depth: 1, heads: 2}", set, examples).Gradient;
        var places = Blueprint("model={name: transformer, width: 8, depth: 1, heads: 2}", set).Layout.Segments.Single(s => s.Name == "positions1.weight");
        Assert.All(learned[((int)places.Offset + (6 * 8))..((int)places.Offset + (40 * 8))], value => Assert.Equal(0, value));
        Assert.Contains(learned[(int)places.Offset..((int)places.Offset + (6 * 8))], value => value != 0);
    }

    /// <summary>Each example by itself has no padding.</summary>
    [Theory]
    [InlineData(TwoWays)]
    [InlineData(Windows)]
    [InlineData("model={name: transformer, width: 8, depth: 2, heads: 2}")]
    public void Together_they_have_the_gradient_of_each_by_itself(string model)
    {
        var together = Gradient(model, Set(), _all);
        var apart = Gradient(model, Set(), _all, microBatch: 1);

        Near(apart.Gradient, together.Gradient, 1e-6f);
        Assert.Equal(apart.Result.LossSum, together.Result.LossSum, 1e-5);
        Assert.Equal(apart.Result.Correct, together.Result.Correct, 1e-9);
    }

    [Fact]
    public void Loss_and_accuracy_are_means_over_tokens()
    {
        var set = Set();
        var whole = Gradient(TwoWays, set, _all).Result;
        var (loss, right) = (0.0, 0.0);
        foreach (var example in _all)
        {
            var alone = Gradient(TwoWays, set, [example]).Result;
            loss += alone.LossSum * _lengths[example];
            right += alone.Correct * _lengths[example];
        }

        Assert.Equal(loss / _lengths.Sum(), whole.LossSum / whole.Examples, 1e-6);
        Assert.Equal(right / _lengths.Sum(), whole.Correct / whole.Examples, 1e-9);
        using var replica = Make(TwoWays, set);
        Assert.Equal(whole.LossSum, replica.Evaluate(set, _all, set.Whole).LossSum, 1e-5);
    }

    /// <summary>Each knows the step's tokens, and no other's: the divisor is a function of the lengths.</summary>
    [Fact]
    public void Four_ranks_add_up_to_one()
    {
        var set = Set();
        var one = Gradient(TwoWays, set, _all);
        var sum = new float[one.Gradient.Length];
        var result = default(BatchResult);
        foreach (var shard in Enumerable.Range(0, 4).Select(rank => Shard.Of(rank, 4, _all.Length)))
        {
            using var replica = Make(TwoWays, set);
            replica.BeginStep();
            result += replica.Accumulate(set, _all.AsSpan(shard.Start, shard.Count), set.DivisorOf(_all), Key);
            replica.EndStep();
            for (var i = 0; i < sum.Length; i++)
                sum[i] += replica.Gradient.Span[i];
        }

        Near(one.Gradient, sum, 1e-6f);
        Assert.Equal(one.Result.LossSum, result.LossSum, 1e-5);
    }

    /// <summary>H v against the difference of two gradients.</summary>
    [Theory]
    [InlineData(TwoWays)]
    [InlineData(Windows)]
    public void Products_with_the_Hessian_are_differences_of_gradients(string model)
    {
        var set = Set();
        using var replica = new CurvatureReplica<double>(Blueprint(model, set), _all.Length);
        HessianDifferences.AssertProduct(replica, set);
    }

    private static MicroBatchKey Key => new(1, Position.Start(), 0, 0);

    private static ExampleSet Set(bool hasPadding = false, int context = 6)
    {
        // Token 5 stands where there is none, or token 0.
        var vocabulary = new Vocabulary(["a", "b", "c", "d", "e"]).WithMask();
        var tokens = Enumerable.Range(0, _lengths.Sum() + 1).Select(i => (ushort)(i * i * 5 % Tokens)).ToArray();
        int[] starts = [.. _lengths.Select((_, i) => _lengths[..i].Sum())];
        return ExampleSet.OfRuns(context, hasPadding ? vocabulary : new Vocabulary(vocabulary.Tokens), tokens, starts, _lengths);
    }

    private static ModelBlueprint Blueprint(string model, ExampleSet set) =>
        ModelBlueprint.Of(Specs.Of($"dataset={{name: text, path: x, documents: padded, context: {set.Features}}}", model is TwoWays or Windows ? "task.name=maskedToken" : "task={}", model), set.Shape, set.Classes);

    private static Replica Make(string model, ExampleSet set)
    {
        var replica = new Replica(Blueprint(model, set), capacity: _lengths.Length);
        VersionZero.Fill(replica.Layout, 3, 0, replica.Parameters.Span);
        return replica;
    }

    private static (float[] Gradient, BatchResult Result) Gradient(string model, ExampleSet set, int[] examples, int microBatch = 64)
    {
        using var replica = Make(model, set);
        replica.BeginStep();
        var result = examples.Chunk(microBatch).Aggregate(default(BatchResult), (sum, part) => sum + replica.Accumulate(set, part, set.DivisorOf(examples), Key));
        replica.EndStep();
        return (replica.Gradient.ToArray(), result);
    }

    private static void Near(float[] expected, float[] found, float tolerance)
    {
        Assert.Contains(expected, value => Math.Abs(value) > 100 * tolerance);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], found[i], tolerance);
    }
}
