using System.Globalization;
using System.Numerics;
using System.Text.Json;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;

namespace DistTrain.Torch.Tests.Passes;

/// <summary>The losses of classification and regression beside PyTorch's: <c>tests/vectors/tasks.json</c> is what the script beside it prints.</summary>
[Trait("Kind", "Fast")]
public sealed class TaskLossTests
{
    private static readonly JsonElement Reference = Vectors.Read("tasks.json").RootElement;

    private static readonly int[] All = [.. Enumerable.Range(0, Reference.GetProperty("labels").GetArrayLength())];

    private static readonly MicroBatchKey Key = new(1, Position.Start(), 0, 0);

    public TaskLossTests() => NativeEnvironment.Prepare();

    public static TheoryData<string> Cases => [.. Reference.GetProperty("cases").EnumerateObject().Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_gradient_and_product_are_PyTorchs_in_float64(string name)
    {
        var (data, model, wanted) = Of(name);
        using var replica = new CurvatureReplica<double>(model, All.Length);
        Scatter<double>(model.Layout, wanted.GetProperty("parameters").Numbers(), replica.Parameters.Span);
        Scatter<double>(model.Layout, wanted.GetProperty("direction").Numbers(), replica.Direction.Span);

        replica.BeginSum();
        Told(wanted, replica.AddGradient(data, All, data.Whole), 1e-12);
        replica.EndSum();
        Near(model.Layout, wanted.GetProperty("gradient").Numbers(), replica.Sum.Span, 1e-10);
        replica.BeginSum();
        replica.AddProduct(data, All, data.Whole);
        replica.EndSum();
        Near(model.Layout, wanted.GetProperty("product").Numbers(), replica.Sum.Span, 1e-10);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_and_gradient_are_PyTorchs_in_float32_in_parts_too(string name)
    {
        var (data, model, wanted) = Of(name);
        using var replica = new Replica(model, capacity: 5);
        Scatter<float>(model.Layout, wanted.GetProperty("parameters").Numbers(), replica.Parameters.Span);
        replica.BeginStep();
        var result = default(BatchResult);
        foreach (var part in All.Chunk(5))
            result += replica.Accumulate(data, part, data.Whole, Key);
        replica.EndStep();

        Told(wanted, result, 1e-5);
        Near(model.Layout, wanted.GetProperty("gradient").Numbers(), replica.Gradient.Span, 1e-5);
        Assert.Equal(result.LossSum, replica.Evaluate(data, All, data.Whole).LossSum, 1e-5);
    }

    /// <summary>The divisor is that of all examples of a step, and each rank knows it: four ranks' sums are one's, whatever classes each has.</summary>
    [Theory]
    [InlineData("both")]
    [InlineData("huber")]
    public void Four_ranks_are_one_within_rounding(string name)
    {
        var (data, model, wanted) = Of(name);
        int[] order = [.. All.OrderBy(example => Reference.GetProperty("labels")[example].GetInt32())];
        using var replica = new CurvatureReplica<double>(model, All.Length);
        Scatter<double>(model.Layout, wanted.GetProperty("parameters").Numbers(), replica.Parameters.Span);
        var sum = new double[replica.Sum.Length];
        for (var rank = 0; rank < 4; rank++)
        {
            var shard = Shard.Of(rank, 4, order.Length);
            replica.BeginSum();
            replica.AddGradient(data, order.AsSpan(shard.Start, shard.Count), data.DivisorOf(order), Key);
            replica.EndSum();
            sum = [.. sum.Zip(replica.Sum.ToArray(), (a, b) => a + b)];
        }

        Near(model.Layout, wanted.GetProperty("gradient").Numbers(), sum, 1e-12);
        // Each by its own examples alone would be another function.
        if (name == "both")
            Assert.NotEqual(data.DivisorOf(order.AsSpan(0, 3)).Weight, data.DivisorOf(order).Weight, 0.1);
    }

    [Fact]
    public void Where_all_numbers_are_one_nothing_is_explained()
    {
        var data = ExampleSet.OfNumbers([1], [1, 2], [3, 3]);
        Assert.Equal((0, 1), (data.Whole.Variance, data.Whole.Weight));
        using var replica = new Replica(ModelBlueprint.Of(Specs.Of("dataset={name: csv, path: x}", "task.name=regression", "model.name=softmax"), [1], 1), capacity: 2);
        var result = replica.Evaluate(data, [0, 1], data.Whole);
        Assert.Equal((0, 6, 18), (result.Correct, result.Beside, result.LossSum));
    }

    [Fact]
    public void A_score_that_is_no_number_is_not_among_the_highest()
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        var loss = new CrossEntropy(new ClassificationRecipe(0, [], 2));
        var scores = TorchSharp.torch.tensor(new[] { float.NaN, 1, 0, 3, 2, 1, 1, 1, 1 }, [3, 3]);
        var told = loss.Told(scores, TorchSharp.torch.tensor(new[] { 0L, 1, 2 }), new Divisor(3, 1));
        // Of the first nothing is known, the second is behind one, and no order of equal ones puts the third behind any.
        Assert.Equal(2, told.Beside);
    }

    /// <summary>Places without a label are left out where they are most: the gradient is bit for bit that of PyTorch's loss over all places.</summary>
    [Fact]
    public void Places_without_a_label_change_nothing()
    {
        const int None = -100;
        using var scope = TorchSharp.torch.NewDisposeScope();
        var values = Enumerable.Range(0, 2 * 5 * 7).Select(i => MathF.Sin(i * i)).ToArray();
        var labels = TorchSharp.torch.tensor(new long[] { None, 3, None, None, None, None, None, 6, None, 0 }, [2, 5]);
        var (ours, theirs) = (Leaf(), Leaf());
        var loss = new CrossEntropy(new ClassificationRecipe(0.1, [], 2));
        var value = loss.Of(ours, labels, new Divisor(3, 3));
        value.backward();
        var all = TorchSharp.torch.nn.functional.cross_entropy(
            theirs.flatten(0, 1), labels.flatten(), reduction: TorchSharp.torch.nn.Reduction.Sum, label_smoothing: 0.1) / TorchSharp.torch.tensor(3.0f);
        all.backward();
        Assert.Equal(all.item<float>(), value.item<float>(), 1e-6);
        Assert.Equal(theirs.grad!.data<float>().ToArray(), ours.grad!.data<float>().ToArray());
        var rows = values.Chunk(7).ToArray();
        Assert.Equal(new[] { (1, 3), (7, 6), (9, 0) }.Count(told => rows[told.Item1].Count(score => score > rows[told.Item1][told.Item2]) < 2), loss.Told(ours, labels, new Divisor(1, 1)).Beside);

        TorchSharp.torch.Tensor Leaf() => TorchSharp.torch.tensor(values, [2, 5, 7], requires_grad: true);
    }

    private static (ExampleSet Data, ModelBlueprint Model, JsonElement Wanted) Of(string name)
    {
        var wanted = Reference.GetProperty("cases").GetProperty(name);
        var (features, outputs) = (Reference.GetProperty("features").GetInt32(), wanted.GetProperty("outputs").GetInt32());
        var spec = Specs.Of(
            "dataset={name: csv, path: x}",
            $"task={wanted.GetProperty("task").GetRawText()}",
            $"model={{name: custom, layers: [linear: {Reference.GetProperty("hidden").GetInt32().ToString(CultureInfo.InvariantCulture)}, tanh, linear: {outputs.ToString(CultureInfo.InvariantCulture)}]}}");
        float[] inputs = [.. Reference.GetProperty("inputs").Numbers().Select(value => (float)value)];
        var data = spec.Dataset.Regression is null
            ? ExampleSet.OfValues([features], outputs, inputs, [.. Reference.GetProperty("labels").Numbers().Select(value => (int)value)]).Weighted(spec.Dataset.Classification.Weights)
            : ExampleSet.OfNumbers([features], inputs, [.. Reference.GetProperty("numbers").Numbers().Select(value => (float)value)]);
        return (data, ModelBlueprint.Of(spec, [features], outputs), wanted);
    }

    private static void Told(JsonElement wanted, BatchResult result, double tolerance)
    {
        Assert.Equal(wanted.GetProperty("loss").GetDouble(), result.LossSum / All.Length, tolerance);
        var tellsNumbers = wanted.TryGetProperty("r2", out var squared);
        Assert.Equal((tellsNumbers ? squared : wanted.GetProperty("accuracy")).GetDouble(), result.Correct / All.Length, tolerance);
        if (tellsNumbers)
            Assert.Equal(wanted.GetProperty("mae").GetDouble(), result.Beside / All.Length, tolerance);
        else if (wanted.GetProperty("task").TryGetProperty("topK", out _))
            Assert.Equal(wanted.GetProperty("top2").GetDouble(), result.Beside / All.Length, tolerance);
        else
            Assert.Equal(0, result.Beside);
    }

    /// <summary>The vectors' order of parameters is the layout's, without padding.</summary>
    private static void Scatter<T>(ParameterLayout layout, double[] values, Span<T> flat)
        where T : struct, INumberBase<T>
    {
        var at = 0;
        foreach (var segment in layout.Segments)
        {
            for (var i = 0; i < segment.Length; i++)
                flat[segment.Offset + i] = T.CreateChecked(values[at++]);
        }

        Assert.Equal(values.Length, at);
    }

    private static void Near<T>(ParameterLayout layout, double[] wanted, ReadOnlySpan<T> found, double tolerance)
        where T : struct, INumberBase<T>
    {
        var at = 0;
        foreach (var segment in layout.Segments)
        {
            for (var i = 0; i < segment.Length; i++)
                Assert.Equal(wanted[at++], double.CreateChecked(found[segment.Offset + i]), tolerance);
        }
    }
}
