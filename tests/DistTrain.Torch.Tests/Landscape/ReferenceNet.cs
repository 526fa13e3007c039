using System.Text.Json;
using DistTrain.Optimization.Parameters;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;

namespace DistTrain.Torch.Tests.Landscape;

/// <summary>A net of the vectors with its rows, as a float64 replica.</summary>
internal sealed class ReferenceNet : IDisposable
{
    private static readonly JsonElement File = Vectors.Read("hessian.json").RootElement;

    private static readonly JsonElement DataParallel = Vectors.Read("data_parallel.json").RootElement;

    private ReferenceNet(JsonElement data, int hidden, int classes, string activation = "tanh")
    {
        (Inputs, Labels) = (Numbers(data.GetProperty("X")), [.. Numbers(data.GetProperty("y")).Select(y => (long)y)]);
        var spec = Specs.Of("model.name=custom", $"model.layers=[linear: {hidden}, {activation}, linear: {classes}]");
        Replica = new CurvatureReplica<double>(ModelBlueprint.Of(spec, [Inputs.Length / Labels.Length], classes), Labels.Length);
    }

    public CurvatureReplica<double> Replica { get; }

    public double[] Inputs { get; }

    public long[] Labels { get; }

    public ParameterLayout Layout => Replica.Layout;

    public static ReferenceNet Small() => new(File, hidden: 5, classes: 3);

    public static ReferenceNet Medium() => new(At("medium"), hidden: 35, classes: 10);

    /// <summary>The one with ReLU, at its first weights.</summary>
    public static ReferenceNet Relu()
    {
        var net = new ReferenceNet(DataParallel, hidden: 5, classes: 3, "relu");
        double[] weights = [.. new[] { "W1", "b1", "W2", "b2" }.SelectMany(name => Numbers(DataParallel.GetProperty("p0").GetProperty(name)))];
        net.Scatter(weights).CopyTo(net.Replica.Parameters);
        return net;
    }

    public static JsonElement At(string point) => File.GetProperty(point);

    public static double[] Numbers(JsonElement array) => array.GetProperty("data").Numbers();

    public ReferenceNet MoveTo(JsonElement point)
    {
        Scatter(Numbers(point.GetProperty("theta"))).CopyTo(Replica.Parameters);
        return this;
    }

    /// <summary>Loss, and gradient or product, of some rows; the divisor is the number of all.</summary>
    public (double Loss, double[] Sum) Of(Range rows, double[]? direction)
    {
        var (start, count) = rows.GetOffsetAndLength(Labels.Length);
        var features = Inputs.Length / Labels.Length;
        Inputs.AsSpan(start * features, count * features).CopyTo(Replica.Batch.InputMemory.Span);
        Labels.AsSpan(start, count).CopyTo(Replica.Batch.LabelMemory.Span);
        direction?.CopyTo(Replica.Direction);
        Replica.BeginSum();
        var result = Replica.AddLoaded(count, new Divisor(Labels.Length, 1), key: null, isProduct: direction is not null);
        Replica.EndSum();
        return (result.LossSum / Labels.Length, Replica.Sum.ToArray());
    }

    /// <summary>The vectors' order of parameters is the layout's, without padding.</summary>
    public double[] Gather(double[] flat) => [.. Layout.Segments.SelectMany(segment => flat[segment.Offset..segment.End])];

    public double[] Scatter(double[] parameters)
    {
        var (flat, at) = (new double[Layout.Length], 0);
        foreach (var segment in Layout.Segments)
        {
            parameters.AsSpan(at, segment.Length).CopyTo(flat.AsSpan(segment.Offset));
            at += segment.Length;
        }

        return flat;
    }

    public void Dispose() => Replica.Dispose();
}
