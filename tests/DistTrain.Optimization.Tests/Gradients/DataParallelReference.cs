using System.Text.Json;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Gradients;

/// <summary>data_parallel.json: a small network's first gradients by shard, and its path under momentum. Vectors are flat, in <see cref="Layout"/>.</summary>
internal sealed class DataParallelReference
{
    private static readonly string[] _keys =
        ["torch", "seed", "X", "y", "shard_rows", "p0", "activation", "lr", "momentum", "step0", "loss_before_step", "params_after_step"];

    private static readonly string[] _keysOfStep0 = ["full_loss", "full_grad", "shard_loss", "shard_grad_mean", "plain_average_wrong"];

    private DataParallelReference(JsonElement root)
    {
        AssertKeys(root, _keys);
        var step0 = root.GetProperty("step0");
        AssertKeys(step0, _keysOfStep0);
        Assert.Equal("relu", root.GetProperty("activation").GetString());

        // Buckets so small that W1 lies in two.
        Layout = ParameterLayout.Of(
            root.GetProperty("p0").EnumerateObject().Select(p =>
                new Segment(p.Name, p.Name.StartsWith('W') ? SegmentKind.Weight : SegmentKind.Bias, ShapeOf(p.Value), 0, Initialization.Zero)),
            bucketLength: ParameterLayout.Alignment);
        Start = Flat(root.GetProperty("p0"));
        var inputs = ShapeOf(root.GetProperty("X"))[1];
        Examples = [.. Data(root.GetProperty("X")).Chunk(inputs)];
        Labels = Array.ConvertAll(Data(root.GetProperty("y")), y => (int)y);
        ShardRows = [.. root.GetProperty("shard_rows").EnumerateArray().Select(e => e.GetInt32())];
        (Rate, Momentum) = (root.GetProperty("lr").GetDouble(), root.GetProperty("momentum").GetDouble());
        FullLoss = step0.GetProperty("full_loss").GetDouble();
        FullGradient = Flat(step0.GetProperty("full_grad"));
        ShardLoss = Numbers(step0.GetProperty("shard_loss"));
        ShardGradients = [.. step0.GetProperty("shard_grad_mean").EnumerateArray().Select(Flat)];
        PlainAverage = Flat(step0.GetProperty("plain_average_wrong"));
        LossBeforeStep = Numbers(root.GetProperty("loss_before_step"));
        ParametersAfterStep = [.. root.GetProperty("params_after_step").EnumerateArray().Select(Flat)];
    }

    public ParameterLayout Layout { get; }

    public double[] Start { get; }

    public double[][] Examples { get; }

    public int[] Labels { get; }

    public int[] ShardRows { get; }

    public double Rate { get; }

    public double Momentum { get; }

    public double FullLoss { get; }

    public double[] FullGradient { get; }

    public double[] ShardLoss { get; }

    public double[][] ShardGradients { get; }

    /// <summary>The mean over shards without their sizes: what must not be computed.</summary>
    public double[] PlainAverage { get; }

    public double[] LossBeforeStep { get; }

    public double[][] ParametersAfterStep { get; }

    public static DataParallelReference Read()
    {
        using var document = Vectors.Read("data_parallel.json");
        return new DataParallelReference(document.RootElement);
    }

    private static void AssertKeys(JsonElement json, string[] known) => Assert.Equal(known.Order(), json.EnumerateObject().Select(p => p.Name).Order());

    private static int[] ShapeOf(JsonElement array) => [.. array.GetProperty("shape").EnumerateArray().Select(e => e.GetInt32())];

    private static double[] Data(JsonElement array) => Numbers(array.GetProperty("data"));

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetDouble())];

    private double[] Flat(JsonElement tensors)
    {
        AssertKeys(tensors, [.. Layout.Segments.Select(s => s.Name)]);
        var vector = new double[Layout.Length];
        foreach (var segment in Layout.Segments)
        {
            Assert.Equal(segment.Shape, ShapeOf(tensors.GetProperty(segment.Name)));
            Data(tensors.GetProperty(segment.Name)).CopyTo(vector, segment.Offset);
        }

        return vector;
    }
}
