using DistTrain.Cli.Evaluation;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol.Onnx;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using static TorchSharp.torch;

namespace DistTrain.Cli.Tests.Evaluation;

/// <summary>What ONNX Runtime computes of an exported model is what the model computes.</summary>
[Trait("Kind", "Fast")]
public sealed class OnnxFileTests
{
    /// <summary>Between two libraries that add in different orders; scores are of the size of 1.</summary>
    private const double Tolerance = 1e-5;

    private static readonly int[] Image = [3, 12, 12];

    private static readonly int[] LargeImage = [3, 40, 36];

    static OnnxFileTests() => NativeEnvironment.Prepare();

    public static TheoryData<string, string> BuiltIns
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var model in ModelNames.Classifiers)
            {
                foreach (var norm in NormKinds.All.Where(norm => (model, norm) is not (ModelNames.Mlp, NormKinds.Instance)))
                    all.Add(model, $"model.norm={norm}");
                foreach (var kind in Reparametrizations.All)
                    all.Add(model, $"model.reparametrization={kind}");
                all.Add(model, "model.spectralPenalty=0.1");
                all.Add(model, "dataset.normalize=channel");
                all.Add(model, "dataset.normalize=feature");
            }

            return all;
        }
    }

    /// <summary>Where a block of fifty layers adds much to its shortcut, scores of two libraries that add in other orders drift further apart.</summary>
    [Theory]
    [MemberData(nameof(BuiltIns))]
    public void Every_built_in_model_gives_the_same_scores(string model, string setting) =>
        Same(model is ModelNames.ResNet18 or ModelNames.ResNet50 ? LargeImage : Image, $"model.name={model}", "model.width=4", "model.zeroGamma=true", setting);

    [Theory]
    [InlineData("[conv: {out: 6, kernel: 3, stride: 2, padding: 1}, gelu, averagePool: {size: 3, stride: 2}, norm: {kind: group, groups: 2}, conv: {out: 4, kernel: 1, bias: false}, tanh, flatten, linear: 10]")]
    [InlineData("[maxPool: {size: 3, stride: 2}, residual: [conv: {out: 8, padding: 1, stride: 2}, norm: instance], sigmoid, dropout: 0.5, globalAveragePool, norm: {kind: group, groups: 2}, linear: {out: 10, bias: false}]")]
    [InlineData("[conv: {out: 8, stride: 2, padding: 1}, maxPool: {size: 3, stride: 2, padding: 1}, residual: {layers: [conv: {out: 4, kernel: 1}, conv: {out: 4, stride: 2, padding: 1, groups: 4}, conv: {out: 6, kernel: 1, groups: 2}], shortcut: [conv: {out: 6, kernel: 1, stride: 2}, norm: batch]}, globalAveragePool, linear: 10]")]
    [InlineData("[flatten, linear: 16, norm: layer, residual: [relu, linear: 16], norm: batch-renorm, linear: {out: 10, reparametrization: weight}]")]
    public void Every_layer_gives_the_same_scores(string layers) => Same(Image, "model.name=custom", $"model.layers={layers}");

    /// <summary>Padding has any token behind each example, up to the context; a model of the program pads up to the longest.</summary>
    [Theory]
    [InlineData("{name: bert, width: 12, depth: 2, heads: 3}")]
    [InlineData("{name: custom, layers: [embedding: 8, positions: sinusoidal, residual: [norm: layer, attention: {heads: 2, causal: false}], residual: [linear: 8, attention: {heads: 4, causal: false}], linear: 10]}")]
    [InlineData("{name: custom, layers: [embedding: 8, conv1d: {out: 8, padding: 1, groups: 8}, residual: [gelu, conv1d: {out: 8, kernel: 5, padding: 2}], attention: {heads: 2, causal: false}, linear: 10]}")]
    public void Padding_has_no_part_in_the_scores_of_text(string model)
    {
        const int places = 5;
        var (blueprint, vector) = Trained([places], "dataset={name: text, path: x, context: 5, documents: padded}", "task.name=maskedToken", $"model={model}");
        using var session = new InferenceSession(Bytes(blueprint, vector, new Dictionary<string, string>()), new SessionOptions { IntraOpNumThreads = 1 });
        foreach (var lengths in new int[][] { [3], [4, 1, 2, 3, 4, 2, 1], [2, 5, 1, 4, 5, 3, 2] })
        {
            var (count, longest) = (lengths.Length, lengths.Max());
            var tokens = Enumerable.Range(0, count * places).Select(i => (long)(i * 7 % 10)).ToArray();
            var mask = Enumerable.Range(0, count * places).Select(i => i % places < lengths[i / places] ? 1L : 0).ToArray();
            using var results = session.Run(
            [
                NamedOnnxValue.CreateFromTensor(OperatorGraph.Input, new DenseTensor<long>(tokens, [count, places])),
                NamedOnnxValue.CreateFromTensor(OperatorGraph.Mask, new DenseTensor<long>(mask, [count, places])),
            ]);
            var theirs = results[0].AsTensor<float>();
            var ours = Scores(blueprint, vector, [.. tokens.Where((_, i) => i % places < longest).Select(token => (float)token)], [count, longest], new Padding(lengths));
            Assert.Equal([count, places, 10], theirs.Dimensions.ToArray());
            for (var i = 0; i < ours.Length; i++)
            {
                var (example, place) = (i / 10 / longest, i / 10 % longest);
                if (place < lengths[example])
                    Assert.Equal(ours[i], theirs[example, place, i % 10], Tolerance);
            }
        }
    }

    [Fact]
    public void Only_what_sees_in_both_directions_asks_for_a_mask()
    {
        string[] InputsOf(string task, string model)
        {
            var (blueprint, vector) = Trained([5], "dataset={name: text, path: x, context: 5}", $"task.name={task}", $"model={model}");
            return [.. ModelProto.Parser.ParseFrom(Bytes(blueprint, vector, [])).Graph.Input.Select(input => input.Name)];
        }

        Assert.Equal(["input"], InputsOf("nextToken", "{name: transformer, width: 8, depth: 1, heads: 2}"));
        Assert.Equal(["input", "mask"], InputsOf("maskedToken", "{name: bert, width: 8, depth: 2, heads: 2}"));
    }

    [Theory]
    [InlineData("{name: transformer, width: 12, depth: 2, heads: 3}")]
    [InlineData("{name: transformer, width: 8, depth: 1, heads: 1, reparametrization: weight}")]
    [InlineData("{name: custom, layers: [embedding: 8, positions: sinusoidal, residual: [norm: layer, attention: {heads: 2}], silu, dropout: 0.1, linear: {out: 10, bias: false}]}")]
    [InlineData("{name: custom, layers: [embedding: 8, conv1d: {out: 8, causal: true, groups: 4, bias: false}, residual: [gelu, conv1d: {out: 8, kernel: 4, causal: true}], linear: 10]}")]
    public void Text_gives_the_same_scores(string model)
    {
        const int places = 5;
        var (blueprint, vector) = Trained([places], "dataset={name: text, path: x, context: 5}", $"model={model}");
        using var session = new InferenceSession(Bytes(blueprint, vector, new Dictionary<string, string>()), new SessionOptions { IntraOpNumThreads = 1 });
        foreach (var count in new[] { 1, 7 })
        {
            var tokens = Enumerable.Range(0, count * places).Select(i => (long)(i * 7 % 10)).ToArray();
            using var results = session.Run([NamedOnnxValue.CreateFromTensor(OperatorGraph.Input, new DenseTensor<long>(tokens, [count, places]))]);
            Equal(results[0], Scores(blueprint, vector, [.. tokens.Select(token => (float)token)], [count, places]), count, places, 10);
        }
    }

    [Fact]
    public void Rows_of_a_table_too() => Same([7], "model.name=mlp", "model.norm=batch", "dataset.normalize=feature");

    [Theory]
    [InlineData("[conv1d: {out: 6, stride: 2, padding: 1}, gelu, conv1d: {out: 6, kernel: 2, groups: 3, reparametrization: weight}, norm: layer, flatten, linear: 10]")]
    [InlineData("[conv1d: 4, maxPool: {size: 3, stride: 2, padding: 1}, conv1d: 6, averagePool: 2, gelu, globalAveragePool, linear: 10]")]
    [InlineData("[conv1d: {out: 4, stride: 2, causal: true}, positions: sinusoidal, residual: [attention: {heads: 2, causal: true}], attention: {heads: 2, causal: false}, flatten, linear: 10]")]
    public void Rows_of_a_table_as_sequences_too(string layers) => Same([9], "model.name=custom", $"model.layers={layers}");

    [Fact]
    public void The_file_says_what_it_is_of_and_is_the_same_each_time()
    {
        var (model, vector) = Trained([1, 8, 8], "model.name=cnn");
        var metadata = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" };
        var (first, second) = (Bytes(model, vector, metadata), Bytes(model, vector, metadata));

        Assert.Equal(first, second);
        var file = ModelProto.Parser.ParseFrom(first);
        Assert.Equal(["a=1", "b=2"], file.MetadataProps.Select(p => $"{p.Key}={p.Value}"));
        Assert.Equal(["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"], file.Graph.Initializer.Select(i => i.Name));
        Assert.Equal(["Conv", "Relu", "Conv", "Relu", "MaxPool", "Flatten", "Gemm", "Relu", "Gemm"], file.Graph.Node.Select(n => n.OpType));
    }

    /// <summary>One example, and seven.</summary>
    private static void Same(int[] shape, params string[] overrides)
    {
        var (model, vector) = Trained(shape, overrides);
        using var session = new InferenceSession(Bytes(model, vector, new Dictionary<string, string>()), new SessionOptions { IntraOpNumThreads = 1 });
        foreach (var count in new[] { 1, 7 })
        {
            var examples = Numbers(count * shape.Aggregate(1, (a, b) => a * b), count);
            using var results = session.Run([NamedOnnxValue.CreateFromTensor(OperatorGraph.Input, new DenseTensor<float>(examples, [count, .. shape]))]);
            Equal(results[0], Scores(model, vector, examples, [count, .. shape]), count, 10);
        }
    }

    private static float[] Scores(ModelBlueprint model, float[] vector, float[] examples, int[] shape, Padding? padding = null)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var pass = new ForwardPass { Parameters = [.. model.Layout.Segments.Select(s => tensor(vector[s.Offset..s.End], [.. s.Shape.Select(d => (long)d)]))], Training = false, Padding = padding };
        return model.Layers.Forward(tensor(examples, [.. shape.Select(side => (long)side)]), pass).flatten().data<float>().ToArray();
    }

    private static void Equal(NamedOnnxValue theirs, float[] ours, params int[] shape)
    {
        Assert.Equal(OperatorGraph.Output, theirs.Name);
        Assert.Equal(shape, theirs.AsTensor<float>().Dimensions.ToArray());
        Assert.True(ours.Max(Math.Abs) > 0.01f, "scores are all near 0");
        Assert.All(theirs.AsTensor<float>().ToArray().Zip(ours), pair => Assert.Equal(pair.Second, pair.First, Tolerance * Math.Max(1, Math.Abs(pair.Second))));
    }

    /// <summary>Weights as a job would begin with; scales, shifts and statistics that are not those of the start, so that none of them can be left out.</summary>
    private static (ModelBlueprint Model, float[] Vector) Trained(int[] shape, params string[] overrides)
    {
        var model = ModelBlueprint.Of(JobFile.Read(null, "test", overrides).Job!.Spec, shape, 10);
        var vector = new float[model.Layout.Length];
        VersionZero.Fill(model.Layout, 5, 0, vector);
        foreach (var segment in model.Layout.Segments)
        {
            var noise = Numbers(segment.Length, segment.Offset + 1);
            for (var i = 0; i < segment.Length; i++)
            {
                ref var value = ref vector[segment.Offset + i];
                value = segment.Kind switch
                {
                    SegmentKind.Norm or SegmentKind.Bias => value + (0.3f * noise[i]),
                    // (mean, variance or deviation) pairs.
                    SegmentKind.Statistics or SegmentKind.Deviations or SegmentKind.Features => i % 2 == 0 ? 0.5f * noise[i] : 1.5f + noise[i],
                    _ => value,
                };
            }
        }

        return (model, vector);
    }

    private static byte[] Bytes(ModelBlueprint model, float[] vector, Dictionary<string, string> metadata)
    {
        using var stream = new MemoryStream();
        OnnxFile.Write(stream, model.Export(vector), model.OutputShape, metadata);
        return stream.ToArray();
    }

    /// <summary>From −1 to 1.</summary>
    private static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextSingle()) - 1)];
    }
}
