using DistTrain.Optimization.Normalization;
using DistTrain.Torch.Models;
using DistTrain.Torch.Models.Normalization;
using DistTrain.Torch.Models.Weights;
using DistTrain.Torch.Passes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Tests.Models.Normalization;

/// <summary>
/// The layers against norms.json, computed by PyTorch 2.6: output, and the gradients of input and parameters for a given gradient of the output.
/// A case whose name is not known here fails.
/// </summary>
[Trait("Kind", "Fast")]
public sealed class NormVectorTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public static TheoryData<string, string> Cases => NormCase.All;

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_layer_agrees_with_the_reference(string precision, string name)
    {
        var reference = new NormCase(precision, name);
        switch (name.Split('_'))
        {
            case ["bn2d" or "bn1d"]:
                BatchNorm(reference);
                break;
            case ["batch", "renorm"]:
                BatchRenorm(reference);
                break;
            case ["group", "norm", var groups]:
                Assert.Equal(groups, reference.Number("groups").ToString(System.Globalization.CultureInfo.InvariantCulture));
                OverExamples(reference, epsilon => new GroupNormLayer(0, 1, (int)reference.Number("groups"), epsilon), x => x.view(x.shape[0], (long)reference.Number("groups"), -1));
                break;
            case ["instance", "norm"]:
                OverExamples(reference, epsilon => new InstanceNormLayer(0, 1, epsilon), x => x.flatten(2));
                break;
            case ["layer", "norm", _]:
                OverExamples(reference, epsilon => new LayerNormLayer(0, 1, epsilon), x => x.flatten(x.dim() - reference.Tensor("weight").dim()));
                break;
            case ["weight", "norm", var layer]:
                WeightNorm(reference, layer);
                break;
            case ["spectral", "norm", var layer]:
                SpectralNorm(reference, layer);
                break;
            default:
                Assert.Fail($"no layer implements the case '{name}'");
                break;
        }

        reference.AssertAllTaken();
    }

    public void Dispose() => _scope.Dispose();

    /// <param name="reference">The case.</param>
    /// <param name="layer">The layer with an epsilon.</param>
    /// <param name="sets">Its input with what is normalized together in the last dimension.</param>
    private static void OverExamples(NormCase reference, Func<double, Layer> layer, Func<Tensor, Tensor> sets)
    {
        var (x, weight, bias) = (reference.Leaf("x"), reference.Leaf("weight"), reference.Leaf("bias"));
        reference.ConditionOf(sets(x), -1);
        var norm = layer(reference.Number("eps"));
        Run(reference, norm, x, Pass(weight, bias));
        CheckAffine(reference, weight, bias);
        // Nothing is taken over examples, so evaluation is the same function.
        reference.Check("y", norm.Forward(x, new ForwardPass { Parameters = [weight, bias], Training = false }));
    }

    /// <summary>The concatenated batch in one process: what any number of ranks has to equal.</summary>
    private static void BatchNorm(NormCase reference)
    {
        var (x, weight, bias) = (reference.Leaf("x"), reference.Leaf("weight"), reference.Leaf("bias"));
        var (epsilon, momentum) = (reference.Number("eps"), reference.Number("momentum"));
        reference.ConditionOf(x, [0, .. Enumerable.Range(2, (int)x.dim() - 2).Select(i => (long)i)]);
        var channels = (int)x.shape[1];
        var (mean, variance) = (zeros(channels, reference.Type), ones(channels, reference.Type));
        var y = functional.batch_norm(x, mean, variance, weight, bias, training: true, momentum: momentum, eps: epsilon);
        Backward(reference, y);
        reference.Check("dx", x.grad);
        CheckAffine(reference, weight, bias);
        reference.Check("running_mean_after", mean);
        reference.Check("running_var_after_unbiased", variance);
        reference.Check("y_eval_with_running_after", functional.batch_norm(x, mean, variance, weight, bias, training: false, eps: epsilon));
        CheckMoments(reference, x);
        CheckUnsynchronized(reference, x, weight, bias, epsilon);
        BatchNormLayer(reference, x, weight, bias, epsilon, momentum);
        Synchronized(reference, x, weight, bias, epsilon);
    }

    /// <summary>The layer of the models, whose statistics the server averages.</summary>
    private static void BatchNormLayer(NormCase reference, Tensor x, Tensor weight, Tensor bias, double epsilon, double momentum)
    {
        var channels = (int)x.shape[1];
        var statistics = stack([zeros(channels, reference.Type), ones(channels, reference.Type)], 1);
        var (batch, count) = (Array.Empty<float>(), 0L);
        var layer = new BatchNormLayer(0, 1, 2, epsilon, ghost: 0);
        x.grad!.zero_();
        weight.grad!.zero_();
        bias.grad!.zero_();
        Run(reference, layer, x, new ForwardPass
        {
            Parameters = [weight, bias, statistics],
            Training = true,
            Moments = (_, moments) => (batch, count) = (Pairs(moments), moments.Count),
        });
        CheckAffine(reference, weight, bias);
        Assert.Equal(reference.Number("count_per_channel"), count);
        var next = new float[batch.Length];
        Moments.Average(statistics.to(ScalarType.Float32).data<float>().ToArray(), batch, next, count, momentum);
        if (reference.Type != ScalarType.Float32)
            return;
        // Pairs travel as float32.
        var after = tensor(next, [channels, 2]);
        reference.Check("running_mean_after", after.select(1, 0));
        reference.Check("running_var_after_unbiased", after.select(1, 1));
        var evaluation = new ForwardPass { Parameters = [weight, bias, after], Training = false };
        reference.Check("y_eval_with_running_after", layer.Forward(x, evaluation));
    }

    /// <summary>
    /// The shards on a rank each, moments exchanged. Held to the exact function of the inputs: in float32 the reference's own y has lost digits
    /// where the mean is 100.
    /// </summary>
    private static void Synchronized(NormCase reference, Tensor x, Tensor weight, Tensor bias, double epsilon)
    {
        var rows = reference.Wholes("shard_rows");
        var upstream = reference.Tensor("upstream");
        using var ranks = new RanksInOneProcess(rows.Length);
        var parts = ranks.Run((rank, exchange) =>
        {
            var start = rows.Take(rank).Sum();
            var input = x.detach().narrow(0, start, rows[rank]).clone().requires_grad_();
            var (gamma, beta) = (weight.detach().clone().requires_grad_(), bias.detach().clone().requires_grad_());
            var pass = new ForwardPass { Parameters = [], Training = true };
            var call = new SyncBatchNormCall(exchange, Layer: 2, epsilon, pass);
            var y = SyncBatchNorm.Apply(input, gamma, beta, call);
            (y * upstream.narrow(0, start, rows[rank])).sum().backward();
            pass.Fault?.Throw();
            return (Y: y.detach(), Dx: input.grad!, DWeight: gamma.grad!, DBias: beta.grad!);
        });
        var exact = functional.batch_norm(x.detach().to(ScalarType.Float64), null, null, weight.detach().to(ScalarType.Float64), bias.detach().to(ScalarType.Float64), training: true, eps: epsilon);
        reference.Check("y of ranks", exact.to(reference.Type), cat([.. parts.Select(p => p.Y)]));
        reference.Check("dx", cat([.. parts.Select(p => p.Dx)]));
        reference.Check("d_weight", parts.Select(p => p.DWeight).Aggregate((a, b) => a + b));
        reference.Check("d_bias", parts.Select(p => p.DBias).Aggregate((a, b) => a + b));
    }

    /// <summary>Moments of shards, merged by their counts, are those of the whole.</summary>
    private static void CheckMoments(NormCase reference, Tensor x)
    {
        var positions = x.numel() / x.shape[0] / x.shape[1];
        Assert.Equal(reference.Number("count_per_channel"), x.shape[0] * positions);
        long[] overBatch = [0, .. Enumerable.Range(2, (int)x.dim() - 2).Select(i => (long)i)];
        reference.Check("batch_mean", x.mean(overBatch));
        reference.Check("batch_var_biased", x.var(overBatch, unbiased: false));
        var (merged, count, row) = (new float[2 * x.shape[1]], 0L, 0L);
        foreach (var shard in reference.Objects("per_shard"))
        {
            var rows = shard.GetProperty("rows").GetInt64();
            var (mean, variance) = (reference.Read(shard.GetProperty("mean")), reference.Read(shard.EnumerateObject().First(p => p.Name.StartsWith("var", StringComparison.Ordinal)).Value));
            reference.Check("a shard's mean", mean, x.narrow(0, row, rows).mean(overBatch));
            Moments.Merge(merged, count, stack([mean, variance], 1).to(ScalarType.Float32).data<float>().ToArray(), rows * positions);
            (count, row) = (count + (rows * positions), row + rows);
        }

        // Pairs travel as float32.
        var pairs = tensor(merged, [x.shape[1], 2]);
        reference.Check("batch_mean", pairs.select(1, 0));
        reference.Check("batch_var_biased", pairs.select(1, 1));
    }

    /// <summary>What each shard by itself gives is not what the whole gives.</summary>
    private static void CheckUnsynchronized(NormCase reference, Tensor x, Tensor weight, Tensor bias, double epsilon)
    {
        var rows = reference.Wholes("shard_rows");
        reference.Ignore("y_unsynced_per_shard_stats");
        if (!reference.Has("y_unsynced_per_shard_stats"))
            return;
        var starts = rows.Select((_, i) => rows.Take(i).Sum());
        var shards = rows.Zip(starts, (count, start) => functional.batch_norm(x.narrow(0, start, count), null, null, weight, bias, training: true, eps: epsilon));
        var y = cat([.. shards]);
        reference.Check("y_unsynced_per_shard_stats", y);
        Assert.False(y.allclose(reference.Tensor("y"), atol: 1e-3));
    }

    private static void BatchRenorm(NormCase reference)
    {
        var (x, weight, bias) = (reference.Leaf("x"), reference.Leaf("weight"), reference.Leaf("bias"));
        var (mu, sigma, epsilon) = (reference.Tensor("mu"), reference.Tensor("sigma"), reference.Number("eps"));
        var limits = new RenormLimits(reference.Number("r_max"), reference.Number("d_max"));
        reference.ConditionOf(x, 0, 2, 3);
        var (r, d) = BatchRenormLayer.Corrections(x, mu, sigma, limits, epsilon);
        reference.Check("r", r);
        reference.Check("d", d);

        var statistics = stack([mu, sigma], 1);
        var (batch, count) = (Array.Empty<float>(), 0L);
        var layer = new BatchRenormLayer(0, 1, 2, epsilon);
        Run(reference, layer, x, new ForwardPass
        {
            Parameters = [weight, bias, statistics],
            Training = true,
            Renorm = limits,
            Moments = (_, moments) => (batch, count) = (Pairs(moments), moments.Count),
        });
        CheckAffine(reference, weight, bias);
        Assert.Equal(36, count);

        // The server averages in float32 storage, whatever the layer computes in.
        var next = new float[batch.Length];
        Moments.AverageDeviations(statistics.to(ScalarType.Float32).data<float>().ToArray(), batch, next, count, reference.Number("alpha"), epsilon);
        var after = tensor(next, [4, 2]);
        reference.Check("mu_after", after.select(1, 0));
        reference.Check("sigma_after", after.select(1, 1));

        var evaluated = layer.Forward(x, new ForwardPass { Parameters = [weight, bias, statistics], Training = false });
        long[] perChannel = [1, 4, 1, 1];
        reference.Check("evaluation", (weight.view(perChannel) * (x - mu.view(perChannel)) / sigma.view(perChannel)) + bias.view(perChannel), evaluated);
    }

    private static void WeightNorm(NormCase reference, string kind)
    {
        var (x, v, g) = (reference.Leaf("x"), reference.Leaf("v"), reference.Leaf("g"));
        var bias = reference.Has("bias") ? reference.Leaf("bias") : null;
        var weight = new ScaledWeight(direction: 0, length: 1);
        var pass = Pass([v, g, .. bias is null ? Array.Empty<Tensor>() : [bias]]);
        reference.Check("w", weight.Of(pass));
        Run(reference, LayerOf(kind, weight, bias is null ? null : 2), x, pass);
        reference.Check("d_v", v.grad);
        reference.Check("d_g", g.grad);
        if (bias is not null)
            reference.Check("d_bias", bias.grad);
    }

    private static void SpectralNorm(NormCase reference, string kind)
    {
        var (x, w, u0) = (reference.Leaf("x"), reference.Leaf("w_orig"), reference.Tensor("u0"));
        var weight = new SpectralWeight(weight: 0, vector: 1);
        Tensor? u1 = null;
        var pass = new ForwardPass { Parameters = [w, u0], Training = true, Powers = (_, next) => u1 = next };
        reference.Check("w", weight.Of(pass));
        reference.Check("u1", u1);
        Run(reference, LayerOf(kind, weight, bias: null), x, pass);
        reference.Check("d_w_orig", w.grad);

        // u1 and v1 are constants of the gradient: that of σ is u1·v1ᵀ.
        var free = reference.Leaf("w_orig");
        var sigma = PowerIteration.Step(free, vector: 0, new ForwardPass { Parameters = [u0], Training = true });
        reference.Check("sigma1", tensor(reference.Number("sigma1"), reference.Type), sigma);
        sigma.backward();
        reference.Check("u1·v1ᵀ", reference.Tensor("u1").outer(reference.Tensor("v1")).view(free.shape), free.grad!);

        var u = u0;
        for (var step = 0; step < 1000; step++)
            sigma = PowerIteration.Step(w, vector: 0, new ForwardPass { Parameters = [u], Training = true, Powers = (_, next) => u = next });
        reference.Check("sigma_exact", tensor(reference.Number("sigma_exact"), reference.Type), sigma);
        reference.Check("evaluation", sigma, PowerIteration.Value(w, u));

        // Evaluation takes u as it is, and takes no step from it.
        var still = new ForwardPass { Parameters = [w, u0], Training = false, Powers = (_, _) => Assert.Fail("evaluation stepped u") };
        reference.Check("w in evaluation", w / w.flatten(1).t().mv(u0 / u0.norm()).norm(), weight.Of(still));
    }

    private static Layer LayerOf(string kind, Weight weight, int? bias) => kind switch
    {
        "linear" => new LinearLayer(weight, bias, isSequence: false),
        "conv" => new ConvLayer(weight, bias, stride: 1, padding: 0),
        _ => throw new InvalidOperationException($"'{kind}' is no layer with a weight"),
    };

    private static void Run(NormCase reference, Layer layer, Tensor x, ForwardPass pass)
    {
        Backward(reference, layer.Forward(x, pass));
        reference.Check("dx", x.grad);
    }

    private static void Backward(NormCase reference, Tensor y)
    {
        reference.Check("y", y);
        (reference.Tensor("upstream") * y).sum().backward();
    }

    private static void CheckAffine(NormCase reference, Tensor weight, Tensor bias)
    {
        reference.Check("d_weight", weight.grad);
        reference.Check("d_bias", bias.grad);
    }

    private static ForwardPass Pass(params Tensor[] parameters) => new() { Parameters = parameters, Training = true };

    /// <summary>(mean, biased variance), as a replica pushes them.</summary>
    private static float[] Pairs(BatchMoments moments) =>
        [.. moments.Mean.Zip(moments.SquaredDeviations, (mean, squares) => new[] { (float)mean, (float)(squares / moments.Count) }).SelectMany(pair => pair)];
}
