using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;
using DistTrain.Torch.Tests.Models.Normalization;

namespace DistTrain.Torch.Tests.Replicas;

[Trait("Kind", "Fast")]
public class ReplicaTests
{
    private static readonly Dataset Digits = DatasetReader.Read(new DatasetRecipe("digits", null, 256, 64));

    private static readonly int[] Examples = [.. Enumerable.Range(0, 48)];

    public ReplicaTests() => NativeEnvironment.Prepare();

    [Fact]
    public void The_gradient_is_the_slope_of_the_mean_loss()
    {
        using var replica = Make("model.name=mlp");
        replica.BeginStep();
        var loss = Accumulate(replica, Examples).LossSum / Examples.Length;
        replica.EndStep();
        var (gradient, vector) = (replica.Gradient.ToArray(), replica.Parameters.ToArray());
        // Along the gradient itself the difference quotient is largest, and float32 can see it.
        var norm = Math.Sqrt(gradient.Sum(g => (double)g * g));
        const double Length = 1e-2;
        for (var i = 0; i < vector.Length; i++)
            replica.Parameters.Span[i] = (float)(vector[i] + (Length * gradient[i] / norm));
        replica.BeginStep();
        var there = Accumulate(replica, Examples).LossSum / Examples.Length;
        replica.EndStep();
        Assert.Equal(norm, (there - loss) / Length, norm * 0.05);
    }

    [Theory]
    [InlineData("model.name=cnn")]
    [InlineData("model.name=mlp")]
    public void Micro_batches_add_up_to_the_whole(string model)
    {
        using var replica = Make(model);
        replica.BeginStep();
        var whole = Accumulate(replica, Examples);
        replica.EndStep();
        var expected = replica.Gradient.ToArray();
        replica.BeginStep();
        var parts = Accumulate(replica, Examples[..20], 0) + Accumulate(replica, [], 1) + Accumulate(replica, Examples[20..], 2);
        replica.EndStep();
        Assert.Equal(whole.Correct, parts.Correct);
        Assert.Equal(whole.LossSum, parts.LossSum, 1e-3);
        foreach (var segment in replica.Layout.Segments)
            Assert.True(Distance(expected, replica.Gradient.Span, segment) < 1e-5, segment.Name);
    }

    [Fact]
    public void The_same_step_on_two_threads_at_once_gives_the_same_bits()
    {
        var gradients = Enumerable.Range(0, 2).AsParallel().WithDegreeOfParallelism(2).Select(_ =>
        {
            using var replica = Make("model.norm=batch");
            replica.BeginStep();
            Accumulate(replica, Examples);
            replica.EndStep();
            return replica.Gradient.ToArray();
        }).ToList();
        Assert.Equal(gradients[0], gradients[1]);
    }

    [Fact]
    public void Batch_moments_stand_in_the_buffers_part_merged_over_micro_batches()
    {
        // A norm directly on the input: its moments are those of the pixels.
        using var replica = Make("model.name=custom", "model.layers=[{norm: batch}, flatten, {linear: 10}]");
        replica.BeginStep();
        Accumulate(replica, Examples[..13], 0);
        Accumulate(replica, Examples[13..], 1);
        replica.EndStep();
        var pixels = new float[784];
        var all = new List<double>();
        foreach (var example in Examples)
        {
            Digits.Train.CopyFeatures(example, pixels);
            all.AddRange(pixels.Select(p => (double)p));
        }

        var mean = all.Average();
        var statistics = replica.Layout.Segments.Single(s => s.Kind == SegmentKind.Statistics);
        var pair = replica.Gradient.Span.Slice(statistics.Offset, 2);
        Assert.Equal(mean, pair[0], 1e-6);
        Assert.Equal(all.Average(p => (p - mean) * (p - mean)), pair[1], 1e-6);
    }

    /// <summary>Also a rank without examples, of which the others would otherwise wait for ever, and a residual body.</summary>
    [Theory]
    [InlineData("model.norm=batch", 24, 24)]
    [InlineData("model.norm=batch", 16, 31, 1, 0)]
    [InlineData("model={name: mlp, norm: batch}", 0, 20, 28)]
    [InlineData("model={name: custom, layers: [{conv: {out: 4}}, {norm: batch}, relu, {residual: [{conv: {out: 4, padding: 1}}, {norm: batch}, relu]}, {norm: batch}, flatten, {linear: 10}]}", 9, 39)]
    public void Ranks_that_exchange_moments_equal_one_rank_of_the_whole_batch(string model, params int[] shares)
    {
        using var whole = Make(model);
        whole.BeginStep();
        var expected = Accumulate(whole, Examples);
        whole.EndStep();

        using var ranks = new RanksInOneProcess(shares.Length);
        var gradients = ranks.Run((rank, exchange) =>
        {
            using var replica = Make(model);
            replica.BeginStep();
            var start = shares[..rank].Sum();
            var result = replica.Accumulate(
                Digits.Train, Examples.AsSpan(start, shares[rank]), Digits.Train.DivisorOf(Examples), new MicroBatchKey(Seed: 3, Position.Start(), rank, 0), exchange);
            replica.EndStep();
            return (Gradient: replica.Gradient.ToArray(), Result: result);
        });

        Assert.Equal(expected.LossSum, gradients.Sum(g => g.Result.LossSum), 1e-3);
        foreach (var segment in whole.Layout.Segments.Where(s => !s.IsBuffer))
        {
            var sum = new float[whole.Layout.Length];
            foreach (var (gradient, _) in gradients)
            {
                for (var i = segment.Offset; i < segment.End; i++)
                    sum[i] += gradient[i];
            }

            AssertClose(whole.Gradient.Span, sum, segment);
        }
    }

    [Fact]
    public void Ghost_batches_are_normalized_each_by_itself()
    {
        using var ghost = Make("model.norm=batch", "batchNorm.scope=\"ghost:16\"");
        ghost.BeginStep();
        var together = Accumulate(ghost, Examples);
        ghost.EndStep();
        using var alone = Make("model.norm=batch");
        alone.BeginStep();
        var parts = Examples.Chunk(16).Select((part, index) => alone.Accumulate(
            Digits.Train, part, Digits.Train.DivisorOf(Examples), new MicroBatchKey(Seed: 3, Position.Start(), Rank: 0, index))).Aggregate((a, b) => a + b);
        alone.EndStep();
        Assert.Equal(parts.LossSum, together.LossSum, 1e-3);
        foreach (var segment in alone.Layout.Segments)
            AssertClose(alone.Gradient.Span, ghost.Gradient.Span, segment);
    }

    [Fact]
    public void Evaluation_uses_running_statistics_and_no_dropout()
    {
        using var replica = Make("model.name=custom", "model.layers=[{norm: batch}, {dropout: 0.5}, flatten, {linear: 10}]");
        var first = replica.Evaluate(Digits.Test, Examples, Digits.Test.DivisorOf(Examples));
        Assert.Equal(first, replica.Evaluate(Digits.Test, Examples, Digits.Test.DivisorOf(Examples)));
        var statistics = replica.Layout.Segments.Single(s => s.Kind == SegmentKind.Statistics);
        replica.Parameters.Span[statistics.Offset] = 0.5f;
        Assert.NotEqual(first.LossSum, replica.Evaluate(Digits.Test, Examples, Digits.Test.DivisorOf(Examples)).LossSum);
    }

    /// <summary>Clipping and the noise then are those of what trains. A frozen layer between others passes the gradient on.</summary>
    [Theory]
    [InlineData("model.norm=none")]
    [InlineData("model.norm=batch", "batchNorm.scope=global")]
    public void A_frozen_parameter_has_no_gradient_and_the_others_have_the_same_bits(params string[] changes)
    {
        using var all = Make(["model.name=mlp", .. changes]);
        using var some = Make(["model.name=mlp", .. changes, "freeze=[fc2.*]"]);
        foreach (var replica in new[] { all, some })
        {
            replica.BeginStep();
            Accumulate(replica, Examples);
        }

        foreach (var segment in all.Layout.Segments.Where(segment => !segment.IsBuffer))
        {
            var expected = all.Gradient.Span.Slice(segment.Offset, segment.Length);
            var actual = some.Gradient.Span.Slice(segment.Offset, segment.Length);
            var isFrozen = segment.Name.StartsWith("fc2.", StringComparison.Ordinal);
            Assert.Equal(isFrozen, actual.IndexOfAnyExcept(0) < 0);
            Assert.True(isFrozen || actual.SequenceEqual(expected), segment.Name);
        }
    }

    [Fact]
    public void Dropout_depends_on_where_the_micro_batch_stands_and_on_nothing_else()
    {
        using var replica = Make("model.name=custom", "model.layers=[flatten, {dropout: 0.5}, {linear: 10}]");
        double Loss(int index)
        {
            replica.BeginStep();
            return Accumulate(replica, Examples, index).LossSum;
        }

        var first = Loss(0);
        Assert.NotEqual(first, Loss(1));
        Assert.Equal(first, Loss(0));
    }

    private static Replica Make(params string[] overrides)
    {
        var spec = Specs.Of(overrides);
        var replica = new Replica(ModelBlueprint.Of(spec, Digits.Train.Shape, Digits.Train.Classes), capacity: 64);
        VersionZero.Fill(replica.Layout, seed: 3, offset: 0, replica.Parameters.Span);
        return replica;
    }

    private static BatchResult Accumulate(Replica replica, ReadOnlySpan<int> examples, int index = 0) =>
        replica.Accumulate(Digits.Train, examples, Digits.Train.DivisorOf(Examples), new MicroBatchKey(Seed: 3, Position.Start(), Rank: 0, index));

    /// <summary>A bias before a norm has no slope but rounding, so small ones are held to the size of the whole gradient.</summary>
    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, Segment segment)
    {
        var (size, difference) = (0.0, 0.0);
        foreach (var value in expected)
            size += Math.Pow(value, 2);
        for (var i = segment.Offset; i < segment.End; i++)
            difference += Math.Pow(expected[i] - actual[i], 2);
        Assert.True(difference < 1e-10 * size, segment.Name);
    }

    private static double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Segment segment)
    {
        var (difference, norm) = (0.0, 0.0);
        for (var i = segment.Offset; i < segment.End; i++)
        {
            difference += Math.Pow(a[i] - b[i], 2);
            norm += Math.Pow(a[i], 2);
        }

        return Math.Sqrt(difference / Math.Max(norm, 1e-30));
    }
}
