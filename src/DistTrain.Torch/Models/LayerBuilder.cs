using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Models.Normalization;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Models;

/// <summary>Walks an example's shape through a list of layer recipes, collecting segments and layers.</summary>
internal sealed class LayerBuilder(IReadOnlyList<int> inputShape, BatchNormRecipe batchNorm)
{
    private readonly List<Segment> _trainable = [];
    private readonly List<(Segment Segment, Deferred Index)> _buffers = [];
    private readonly Dictionary<string, int> _names = [];

    /// <summary>Shape of one example behind the layers built so far.</summary>
    public IReadOnlyList<int> Shape { get; private set; } = inputShape;

    /// <summary>Trainable segments, then buffers; offsets are not set.</summary>
    public IReadOnlyList<Segment> Segments => [.. _trainable, .. _buffers.Select(b => b.Segment)];

    /// <summary>Builds the layers; <paramref name="path"/> names the list in errors.</summary>
    public IReadOnlyList<Layer> Build(IReadOnlyList<LayerRecipe> recipes, string path)
    {
        var pending = Walk(recipes, path);
        // Buffers stand behind all trainable segments, so their indices are known only now.
        for (var i = 0; i < _buffers.Count; i++)
            _buffers[i].Index.Value = _trainable.Count + i;
        return [.. pending.Select(make => make())];
    }

    /// <summary>What normalizes the inputs, once <see cref="Build"/> has placed its statistics; null when nothing does.</summary>
    public Func<Layer>? NormalizeInput(string normalize)
    {
        if (normalize == InputNormalizations.None)
            return null;
        var byFeature = normalize == InputNormalizations.Feature;
        var positions = Shape.Skip(1).Aggregate(1, (product, side) => product * side);
        var index = Buffer("input.statistics", SegmentKind.Features, byFeature ? Shape[0] * positions : Shape[0], byFeature ? 1 : positions);
        return () => new InputNormLayer(index.Value, byFeature);
    }

    private List<Func<Layer>> Walk(IReadOnlyList<LayerRecipe> recipes, string path)
    {
        var layers = new List<Func<Layer>>();
        for (var i = 0; i < recipes.Count; i++)
            layers.Add(Add(recipes[i], $"{path}[{i}]"));
        return layers;
    }

    private Func<Layer> Add(LayerRecipe recipe, string path) => recipe switch
    {
        LinearRecipe linear => Linear(linear, path),
        ConvRecipe conv => Conv(conv, path),
        NormRecipe => BatchNorm(path),
        ActivationRecipe activation => Activation(activation),
        PoolRecipe pool => Pool(pool, path),
        GlobalAveragePoolRecipe => GlobalAveragePool(path),
        FlattenRecipe => Flatten(),
        DropoutRecipe dropout => Always(new DropoutLayer(dropout.Rate, Next("dropout"))),
        ResidualRecipe residual => Residual(residual, path),
        _ => throw new ModelException($"{path}: unknown layer {recipe.GetType().Name}"),
    };

    private Func<Layer> Linear(LinearRecipe recipe, string path)
    {
        if (Shape is not [var input])
            throw Misfit(path, "linear", "[features]", "put 'flatten' before it");
        var name = $"fc{Next("fc")}";
        var weight = Trainable($"{name}.weight", SegmentKind.Weight, [recipe.Out, input], Initialization.FanIn(input));
        int? bias = recipe.Bias ? Trainable($"{name}.bias", SegmentKind.Bias, [recipe.Out], Initialization.FanIn(input)) : null;
        Shape = [recipe.Out];
        return Always(new LinearLayer(weight, bias));
    }

    private Func<Layer> Conv(ConvRecipe recipe, string path)
    {
        if (Shape is not [var channels, var height, var width])
            throw Misfit(path, "conv", "[channels, height, width]", "use it before 'flatten'");
        var fanIn = channels * recipe.Kernel * recipe.Kernel;
        var name = $"conv{Next("conv")}";
        var weight = Trainable($"{name}.weight", SegmentKind.Weight, [recipe.Out, channels, recipe.Kernel, recipe.Kernel], Initialization.FanIn(fanIn));
        int? bias = recipe.Bias ? Trainable($"{name}.bias", SegmentKind.Bias, [recipe.Out], Initialization.FanIn(fanIn)) : null;
        Shape = [recipe.Out, Window(height + (2 * recipe.Padding), recipe.Kernel, recipe.Stride, path), Window(width + (2 * recipe.Padding), recipe.Kernel, recipe.Stride, path)];
        return Always(new ConvLayer(weight, bias, recipe.Stride, recipe.Padding));
    }

    private Func<Layer> BatchNorm(string path)
    {
        if (Shape.Count is not (1 or 3))
            throw Misfit(path, "norm", "[features] or [channels, height, width]", "move it");
        var channels = Shape[0];
        var name = $"norm{Next("norm")}";
        var weight = Trainable($"{name}.weight", SegmentKind.Norm, [channels], Initialization.One);
        var bias = Trainable($"{name}.bias", SegmentKind.Norm, [channels], Initialization.Zero);
        var index = Buffer($"{name}.statistics", SegmentKind.Statistics, channels, Shape.Skip(1).Aggregate(1, (product, side) => product * side));
        var ghost = batchNorm.Scope.Kind == BatchNormScopeKind.Ghost ? batchNorm.Scope.Size : 0;
        return () => new BatchNormLayer(weight, bias, index.Value, batchNorm.Epsilon, ghost);
    }

    private static Func<Layer> Activation(ActivationRecipe recipe) => Always(new ActivationLayer(recipe.Kind switch
    {
        "relu" => x => functional.relu(x),
        "tanh" => x => x.tanh(),
        "sigmoid" => x => x.sigmoid(),
        "gelu" => x => functional.gelu(x),
        _ => throw new ModelException($"'{recipe.Kind}' is not an activation"),
    }));

    private Func<Layer> Pool(PoolRecipe recipe, string path)
    {
        if (Shape is not [var channels, var height, var width])
            throw Misfit(path, $"{recipe.Kind}Pool", "[channels, height, width]", "use it before 'flatten'");
        Shape = [channels, Window(height, recipe.Size, recipe.Stride, path), Window(width, recipe.Size, recipe.Stride, path)];
        return Always(recipe.Kind == "max" ? new MaxPoolLayer(recipe.Size, recipe.Stride) : new AveragePoolLayer(recipe.Size, recipe.Stride));
    }

    private Func<Layer> GlobalAveragePool(string path)
    {
        if (Shape is not [var channels, _, _])
            throw Misfit(path, "globalAveragePool", "[channels, height, width]", "use it before 'flatten'");
        Shape = [channels];
        return Always(new GlobalAveragePoolLayer());
    }

    private Func<Layer> Flatten()
    {
        Shape = [Shape.Aggregate(1, (product, side) => checked(product * side))];
        return Always(new FlattenLayer());
    }

    private Func<Layer> Residual(ResidualRecipe recipe, string path)
    {
        var input = Shape;
        var body = Walk(recipe.Layers, $"{path}.residual");
        var output = Shape;
        if (input.Count != output.Count || output[0] < input[0])
            throw new ModelException($"{path}: a residual body must keep the number of dimensions and not reduce channels; it maps [{string.Join(", ", input)}] to [{string.Join(", ", output)}]");
        var stride = 1;
        if (input.Count == 3)
        {
            stride = (input[1] + output[1] - 1) / output[1];
            if ((input[1] + stride - 1) / stride != output[1] || (input[2] + stride - 1) / stride != output[2])
                throw new ModelException($"{path}: a residual body must divide height and width by one stride; it maps [{string.Join(", ", input)}] to [{string.Join(", ", output)}]");
        }
        else if (output[0] != input[0])
        {
            throw new ModelException($"{path}: a residual body over features must keep their number; it maps {input[0]} to {output[0]}");
        }

        return () => new ResidualLayer([.. body.Select(make => make())], stride, output[0] - input[0]);
    }

    private int Trainable(string name, SegmentKind kind, IReadOnlyList<int> shape, Initialization initial)
    {
        _trainable.Add(new Segment(name, kind, shape, Offset: 0, initial));
        return _trainable.Count - 1;
    }

    private Deferred Buffer(string name, SegmentKind kind, int channels, int positionsPerExample)
    {
        var index = new Deferred();
        _buffers.Add((new Segment(name, kind, [channels, 2], Offset: 0, new Initialization(InitializationKind.Statistics), positionsPerExample), index));
        return index;
    }

    private int Next(string prefix) => _names[prefix] = _names.GetValueOrDefault(prefix) + 1;

    private static int Window(int side, int size, int stride, string path) =>
        side < size
            ? throw new ModelException($"{path}: a window of {size} does not fit into {side}")
            : ((side - size) / stride) + 1;

    private ModelException Misfit(string path, string layer, string expected, string cure) =>
        new($"{path}: {layer} needs an input of shape {expected}, it gets [{string.Join(", ", Shape)}]; {cure}");

    private static Func<Layer> Always(Layer layer) => () => layer;

    private sealed class Deferred
    {
        public int Value { get; set; }
    }
}
