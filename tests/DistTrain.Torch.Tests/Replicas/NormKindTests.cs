using DistTrain.Recipes;
using DistTrain.Torch.Data;

namespace DistTrain.Torch.Tests.Replicas;

/// <summary>Norms, reparametrizations and the penalty in training, by several ranks and by one.</summary>
[Trait("Kind", "Fast")]
public sealed class NormKindTests
{
    private const string Net = "conv: {out: 8, kernel: 5, stride: 2, reparametrization: $w}, norm: $n, relu, maxPool: 2, flatten, linear: {out: 10, reparametrization: $w}";

    private static readonly Dataset Digits = DatasetReader.Read(new DatasetRecipe("digits", null, 512, 256));

    public static TheoryData<string, string, double> Kinds => new()
    {
        { "batch", "none", 0 },
        { "batch-renorm", "none", 0 },
        { "layer", "none", 0 },
        { "instance", "none", 0 },
        { "group", "none", 0 },
        { "group", "weight", 0 },
        { "layer", "spectral", 0 },
        { "group", "none", 0.01 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Each_kind_trains(string norm, string reparametrization, double penalty)
    {
        using var cluster = new TinyCluster(Of(norm, reparametrization, penalty, workers: 2, "optimizer.lr=0.1", "epochs=10", "batchNorm.momentum=0.2"), Digits);
        var first = cluster.Step(64);
        for (var step = 1; step < 80; step++)
            cluster.Step(64);
        var result = cluster.Evaluate();
        Assert.InRange(first, 2, 4);
        Assert.True(result.Correct > 0.6 * result.Examples, $"{result.Correct} of {result.Examples}, loss {result.LossSum / result.Examples}");
    }

    [Theory]
    [InlineData("layer", "none", 0)]
    [InlineData("instance", "none", 0)]
    [InlineData("group", "none", 0)]
    [InlineData("group", "weight", 0)]
    [InlineData("group", "spectral", 0)]
    [InlineData("group", "none", 0.3)]
    public void However_many_ranks_share_a_batch_the_steps_are_the_same(string norm, string reparametrization, double penalty)
    {
        using var alone = new TinyCluster(Of(norm, reparametrization, penalty, workers: 1), Digits);
        // Two of the seven ranks have no examples, and two have more than one micro-batch.
        using var many = new TinyCluster(Of(norm, reparametrization, penalty, workers: 7, "microBatch=1"), Digits);
        foreach (var take in new[] { 5, 9, 5 })
        {
            Assert.Equal(alone.Step(take), many.Step(take), 1e-4);
            foreach (var segment in alone.Layout.Segments)
                Assert.All(alone.Of(segment.Name).Zip(many.Of(segment.Name)), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        }
    }

    [Theory]
    [InlineData("spectral", 0)]
    [InlineData("none", 0.1)]
    public void A_step_takes_the_power_vector_one_iteration_further_whoever_computes_it(string reparametrization, double penalty)
    {
        using var alone = new TinyCluster(Of("group", reparametrization, penalty, workers: 1, "microBatch=2"), Digits);
        using var many = new TinyCluster(Of("group", reparametrization, penalty, workers: 7), Digits);
        var weight = reparametrization == "spectral" ? "fc1.weight_orig" : "fc1.weight";
        for (var step = 0; step < 3; step++)
        {
            var expected = PowerStep(many.Of(weight), many.Of("fc1.weight_u"));
            many.Step(5);
            alone.Step(5);
            Assert.All(expected.Zip(many.Of("fc1.weight_u")), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
            if (step > 0)
                continue;
            // From the same version the vectors have the same bits, over any number of ranks, empty ones too, and of micro-batches.
            Assert.Equal(alone.Of("fc1.weight_u"), many.Of("fc1.weight_u"));
            Assert.Equal(alone.Of("conv1.weight_u"), many.Of("conv1.weight_u"));
        }
    }

    [Fact]
    public void Evaluation_uses_the_power_vector_and_leaves_it()
    {
        using var cluster = new TinyCluster(Of("group", "spectral", 0, workers: 1), Digits);
        cluster.Step(8);
        var before = cluster.Version.ToArray();
        var result = cluster.Evaluate();
        Assert.Equal(result, cluster.Evaluate());
        Assert.Equal(before, cluster.Version);

        // Only its direction counts, so the mean of several replicas' vectors serves.
        var vector = cluster.Layout.Segments.Single(s => s.Name == "fc1.weight_u");
        foreach (ref var value in cluster.Version.AsSpan(vector.Offset, vector.Length))
            value *= 0.5f;
        Assert.Equal(result, cluster.Evaluate());
        cluster.Version.AsSpan(vector.Offset, vector.Length).Reverse();
        Assert.NotEqual(result.LossSum, cluster.Evaluate().LossSum);
    }

    [Fact]
    public void The_limits_of_batch_renormalization_follow_the_steps_not_the_building_of_the_model()
    {
        string[] job = ["epochs=4", "batchNorm.renorm={rampStart: 0.25, rRampEnd: 0.75, dRampEnd: 0.5}", "optimizer.lr=1e-12"];
        using var renorm = new TinyCluster(Of("batch-renorm", "none", 0, workers: 1, job), Digits);
        using var plain = new TinyCluster(Of("batch", "none", 0, workers: 1, job), Digits);
        var losses = new List<(double Renorm, double Plain)>();
        // Eight steps an epoch; the weights all but stand still, so only the limits and the running statistics change.
        for (var step = 0; step < 32; step++)
            losses.Add((renorm.Step(64), plain.Step(64)));
        // Until the ramp begins it is BatchNorm to the bit.
        Assert.All(losses.Take(9), loss => Assert.Equal(loss.Plain, loss.Renorm));
        Assert.All(losses.Skip(10), loss => Assert.NotEqual(loss.Plain, loss.Renorm));
    }

    [Fact]
    public void Gammas_that_start_at_zero_make_each_residual_block_start_as_its_shortcut()
    {
        const string Layers = "conv: {out: 4, kernel: 5, stride: 2}, residual: [conv: {out: 4, padding: 1}, norm: {kind: group, zeroGamma: true}], flatten, linear: 10";
        var spec = Specs.Of("model.name=custom", $"model.layers=[{Layers.Replace(", norm: {kind: group, zeroGamma: true}", "", StringComparison.Ordinal)}]");
        var zero = Specs.Of("model.name=custom", $"model.layers=[{Layers}]");
        var shortcut = Specs.Of("model.name=custom", "model.layers=[conv: {out: 4, kernel: 5, stride: 2}, flatten, linear: 10]");
        Assert.Equal(Loss(shortcut), Loss(zero), 1e-6);
        Assert.NotEqual(Loss(shortcut), Loss(spec), 1e-6);

        // Weights by name, since numbers are drawn by index and the bodies differ.
        static double Loss(TrainingSpec spec)
        {
            using var cluster = new TinyCluster(spec, Digits);
            foreach (var name in new[] { "conv1.weight", "conv1.bias", "fc1.weight", "fc1.bias" })
            {
                var segment = cluster.Layout.Segments.Single(s => s.Name == name);
                for (var i = 0; i < segment.Length; i++)
                    cluster.Version[segment.Offset + i] = ((i * 7919) % 101 / 500f) - 0.1f;
            }

            var result = cluster.Evaluate();
            return result.LossSum / result.Examples;
        }
    }

    /// <summary>n(W n(Wᵀu)) in float64; W is [u.Length, rest].</summary>
    private static double[] PowerStep(float[] w, float[] u)
    {
        var (rows, columns) = (u.Length, w.Length / u.Length);
        var v = Enumerable.Range(0, columns).Select(c => Enumerable.Range(0, rows).Sum(r => (double)w[(r * columns) + c] * u[r])).ToArray();
        var next = Enumerable.Range(0, rows).Select(r => Enumerable.Range(0, columns).Sum(c => w[(r * columns) + c] * v[c])).ToArray();
        var norm = Math.Sqrt(next.Sum(x => x * x));
        return [.. next.Select(x => x / norm)];
    }

    private static TrainingSpec Of(string norm, string reparametrization, double penalty, int workers, params string[] more)
    {
        var layers = Net.Replace("$n", norm, StringComparison.Ordinal).Replace("$w", reparametrization, StringComparison.Ordinal);
        return Specs.Of(["model.name=custom", $"model.layers=[{layers}]", FormattableString.Invariant($"model.spectralPenalty={penalty}"), $"workers={workers}", .. more]);
    }
}
