using System.Text.Json;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Tests.Optimizers;

/// <summary>
/// The cases of optimizers.json: 12 steps over two tensors with given gradients, by torch.optim (2.6) or by the papers' formulas (class
/// <c>direct</c>). A case that is not understood whole — name, class, every hyper-parameter — throws and says its name.
/// </summary>
internal static class OptimizerCases
{
    private static readonly Lazy<JsonElement> _file = new(() =>
    {
        using var document = Vectors.Read("optimizers.json");
        AssertKnown("optimizers.json", document.RootElement, "torch", "seed", "steps", "w0", "grads", "float64", "float32");
        return document.RootElement.Clone();
    });

    /// <summary>The file's tensors: w [3, 4], and b [4] of one dimension, which <c>exclude_1d</c> is about.</summary>
    public static ParameterLayout Layout { get; } = ParameterLayout.Of(
        [
            new Segment("w", SegmentKind.Weight, [3, 4], 0, Initialization.Zero),
            new Segment("b", SegmentKind.Bias, [4], 0, Initialization.Zero),
        ],
        bucketLength: ParameterLayout.Alignment);

    /// <summary>Every name in the file.</summary>
    public static TheoryData<string> Names =>
        [.. new[] { "float64", "float32" }.SelectMany(p => _file.Value.GetProperty(p).EnumerateObject()).Select(c => c.Name).Distinct()];

    public static OptimizerCase Of(string name)
    {
        var root = _file.Value;
        if (!root.GetProperty("float64").TryGetProperty(name, out var found))
            throw new InvalidOperationException($"case '{name}' has no float64 trajectory");
        AssertKnown($"case '{name}'", found, "class", "hyper", "trajectory", "trust_ratio");
        var hyper = new Hyper(name, found.GetProperty("hyper"));
        var (optimizer, options) = OptimizerMapping.Of(name, found.GetProperty("class").GetString()!, hyper);
        var steps = root.GetProperty("steps").GetInt32();
        var rates = hyper.Has("lrs") ? hyper.Numbers("lrs") : [.. Enumerable.Repeat((double)options["lr"], steps)];
        hyper.AssertAllTaken();
        if (root.GetProperty("float32").TryGetProperty(name, out var single) && !JsonElement.DeepEquals(single.GetProperty("hyper"), found.GetProperty("hyper")))
            throw new InvalidOperationException($"case '{name}' has other hyper-parameters in float32");
        return new OptimizerCase(
            name,
            optimizer,
            options,
            rates,
            Flat(root.GetProperty("w0"), e => e.GetDouble()),
            Steps(root.GetProperty("grads"), g => Flat(g, e => e.GetDouble())),
            Steps(found.GetProperty("trajectory"), w => Flat(w, e => e.GetDouble())),
            single.ValueKind == JsonValueKind.Object ? Steps(single.GetProperty("trajectory"), w => Flat(w, e => e.GetSingle())) : null,
            found.TryGetProperty("trust_ratio", out var ratios) ? Steps(ratios, OfEachTensor) : null);

        T[] Steps<T>(JsonElement list, Func<JsonElement, T> read) => list.GetArrayLength() == steps
            ? [.. list.EnumerateArray().Select(read)]
            : throw new InvalidOperationException($"case '{name}' has {list.GetArrayLength()} steps, not {steps}");
    }

    private static void AssertKnown(string what, JsonElement json, params string[] known)
    {
        if (json.EnumerateObject().Select(p => p.Name).FirstOrDefault(p => !known.Contains(p)) is { } unknown)
            throw new InvalidOperationException($"{what} has '{unknown}', of which nothing is known");
    }

    private static double[] OfEachTensor(JsonElement tensors) => [.. Layout.Segments.Select(s => tensors.GetProperty(s.Name).GetDouble())];

    private static T[] Flat<T>(JsonElement tensors, Func<JsonElement, T> read)
    {
        var vector = new T[Layout.Length];
        foreach (var tensor in tensors.EnumerateObject())
        {
            var segment = Layout.Segments.Single(s => s.Name == tensor.Name);
            if (!tensor.Value.GetProperty("shape").EnumerateArray().Select(side => side.GetInt32()).SequenceEqual(segment.Shape))
                throw new InvalidOperationException($"tensor '{tensor.Name}' has another shape than [{string.Join(", ", segment.Shape)}]");
            tensor.Value.GetProperty("data").EnumerateArray().Select(read).ToArray().CopyTo(vector, segment.Offset);
        }

        return vector;
    }
}
