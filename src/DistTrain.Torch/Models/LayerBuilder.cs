using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Recipes.Models;
using DistTrain.Torch.Models.Normalization;
using DistTrain.Torch.Models.Weights;
using DistTrain.Torch.Passes;

namespace DistTrain.Torch.Models;

/// <summary>Walks an example's shape through a list of layer recipes, collecting segments and layers.</summary>
/// <param name="inputShape">Shape of one example.</param>
/// <param name="tokens">How many different tokens there are; null: examples are no tokens.</param>
/// <param name="batchNorm">How BatchNorm works; its ε is every norm's.</param>
/// <param name="spectralPenalty">λ of the spectral norm regularization of plain weights; 0 for none.</param>
internal sealed partial class LayerBuilder(IReadOnlyList<int> inputShape, int? tokens, BatchNormRecipe batchNorm, double spectralPenalty)
{
    private readonly List<Segment> _trainable = [];
    private readonly List<(Segment Segment, Deferred Index)> _buffers = [];
    private readonly LayerNames _names = new();
    private int _dropouts;
    private bool _areTokens = tokens is not null;

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
        var index = byFeature
            ? Statistics("input", SegmentKind.Features, Product(Shape), positions: 1)
            : Statistics("input", SegmentKind.Features, Shape[0], Product(Shape.Skip(1)));
        return () => new InputNormLayer(index.Value, byFeature);
    }

    private List<Func<Layer>> Walk(IReadOnlyList<LayerRecipe> recipes, string path)
    {
        var layers = new List<Func<Layer>>();
        for (var i = 0; i < recipes.Count; i++)
            layers.Add(Add(recipes[i], $"{path}[{i}]"));
        return layers;
    }

    private Func<Layer> Add(LayerRecipe recipe, string path)
    {
        if (_areTokens && recipe is not EmbeddingRecipe)
            throw new ModelException($"{path}: the data are numbered tokens and no measurements; begin with 'embedding'");
        return Of(recipe, path);
    }

    private Func<Layer> Of(LayerRecipe recipe, string path) => recipe switch
    {
        LinearRecipe linear => Linear(linear, path),
        ConvRecipe conv => Conv(conv, path),
        Conv1dRecipe conv => Conv1d(conv, path),
        NormRecipe norm => Norm(norm, path),
        ActivationRecipe activation => Always(new ActivationLayer(Activation.Named(activation.Kind))),
        PoolRecipe pool => Pool(pool, path),
        GlobalAveragePoolRecipe => GlobalAveragePool(path),
        FlattenRecipe => Flatten(),
        DropoutRecipe dropout => Always(new DropoutLayer(dropout.Rate, ++_dropouts)),
        EmbeddingRecipe embedding => Embedding(embedding, path),
        PositionsRecipe positions => Positions(positions, path),
        UnembeddingRecipe unembedding => Unembedding(unembedding, path),
        AttentionRecipe attention => Attention(attention, path),
        ResidualRecipe residual => Residual(residual, path),
        _ => throw new ModelException($"{path}: unknown layer {recipe.GetType().Name}"),
    };

    private Func<Layer> Linear(LinearRecipe recipe, string path)
    {
        if (Shape.Count > 2)
            throw Misfit(path, "linear", "[features] or [tokens, numbers]", "put 'flatten' before it");
        var input = Shape[^1];
        var isSequence = Shape.Count == 2;
        var name = NameOf(recipe);
        var weight = WeightOf(name, [recipe.Out, input], recipe.Reparametrization);
        int? bias = recipe.Bias ? Trainable($"{name}.bias", SegmentKind.Bias, [recipe.Out], Initialization.FanIn(input)) : null;
        Shape = [.. Shape.SkipLast(1), recipe.Out];
        return () => new LinearLayer(weight(), bias, isSequence);
    }

    private Func<Layer> Conv(ConvRecipe recipe, string path)
    {
        if (Shape is not [var channels, var height, var width])
            throw Misfit(path, "conv", "[channels, height, width]", "use it before 'flatten'");
        var seen = InputsOf(recipe.Groups, channels, recipe.Out, path);
        var (weight, bias) = FiltersOf(recipe, [recipe.Out, seen, recipe.Kernel, recipe.Kernel], recipe.Bias, recipe.Reparametrization);
        Shape = [recipe.Out, Window(height + (2 * recipe.Padding), recipe.Kernel, recipe.Stride, path), Window(width + (2 * recipe.Padding), recipe.Kernel, recipe.Stride, path)];
        return () => new ConvLayer(weight(), bias, recipe.Stride, recipe.Padding, recipe.Groups);
    }

    /// <summary>How many inputs an output sees.</summary>
    private static int InputsOf(int groups, int channels, int outputs, string path) =>
        channels % groups == 0 && outputs % groups == 0
            ? channels / groups
            : throw new ModelException($"{path}: {groups} groups do not divide {channels} channels and {outputs} outputs; give a divisor of both");

    private (Func<Weight> Weight, int? Bias) FiltersOf(LayerRecipe recipe, IReadOnlyList<int> shape, bool hasBias, string reparametrization)
    {
        var name = NameOf(recipe);
        var weight = WeightOf(name, shape, reparametrization);
        return (weight, hasBias ? Trainable($"{name}.bias", SegmentKind.Bias, [shape[0]], Initialization.FanIn(Product(shape.Skip(1)))) : null);
    }

    /// <summary>The parameters that a weight is made of, under the names that PyTorch gives them.</summary>
    private Func<Weight> WeightOf(string name, IReadOnlyList<int> shape, string reparametrization)
    {
        var initial = Initialization.FanIn(Product(shape.Skip(1)));
        switch (reparametrization)
        {
            case Reparametrizations.Weight:
                var direction = Trainable($"{name}.weight_v", SegmentKind.Weight, shape, initial);
                // A scale, like γ of a norm: not decayed and not adapted by default. It starts at ‖v‖, so that the weight starts as v.
                int[] rows = [shape[0], .. shape.Skip(1).Select(_ => 1)];
                var length = Trainable($"{name}.weight_g", SegmentKind.Norm, rows, new Initialization(InitializationKind.RowNorms));
                return () => new ScaledWeight(direction, length);
            case Reparametrizations.Spectral:
                var original = Trainable($"{name}.weight_orig", SegmentKind.Weight, shape, initial);
                var vector = PowerVector(name, shape[0]);
                return () => new SpectralWeight(original, vector.Value);
            default:
                var weight = Trainable($"{name}.weight", SegmentKind.Weight, shape, initial);
                if (spectralPenalty == 0)
                    return () => new PlainWeight(weight);
                var follower = PowerVector(name, shape[0]);
                return () => new PenalizedWeight(weight, follower.Value, spectralPenalty);
        }
    }

    private Deferred PowerVector(string name, int rows) =>
        Buffer(new Segment($"{name}.weight_u", SegmentKind.PowerVector, [rows], Offset: 0, new Initialization(InitializationKind.UnitVector)));

    private Func<Layer> Norm(NormRecipe recipe, string path)
    {
        if (Shape.Count == 2 && recipe.Kind != NormKinds.Layer)
            throw Misfit(path, $"norm {recipe.Kind}", "[features] or [channels, height, width]", "of a sequence each token is normalized by itself: 'norm: layer'");
        if (recipe.Kind == NormKinds.Instance && Shape.Count == 1)
            throw Misfit(path, "norm instance", "[channels, height, width]", "use it before 'flatten', or another kind");
        var (channels, positions) = (Shape[0], Product(Shape.Skip(1)));
        var name = NameOf(recipe);
        // Layer normalization scales each value of an example by itself, the others whole channels.
        var shape = recipe.Kind == NormKinds.Layer ? (Shape.Count == 2 ? [Shape[1]] : Shape) : [channels];
        var weight = Trainable($"{name}.weight", SegmentKind.Norm, shape, recipe.ZeroGamma ? Initialization.Zero : Initialization.One);
        var bias = Trainable($"{name}.bias", SegmentKind.Norm, shape, Initialization.Zero);
        switch (recipe.Kind)
        {
            case NormKinds.Batch:
                var statistics = Statistics(name, SegmentKind.Statistics, channels, positions);
                var ghost = batchNorm.Scope.Kind == BatchNormScopeKind.Ghost ? batchNorm.Scope.Size : 0;
                return () => new BatchNormLayer(weight, bias, statistics.Value, batchNorm.Epsilon, ghost);
            case NormKinds.BatchRenorm:
                var deviations = Statistics(name, SegmentKind.Deviations, channels, positions);
                return () => new BatchRenormLayer(weight, bias, deviations.Value, batchNorm.Epsilon);
            case NormKinds.Layer:
                CheckValues(Product(shape), path);
                return Always(new LayerNormLayer(weight, bias, batchNorm.Epsilon));
            case NormKinds.Instance:
                CheckValues(positions, path);
                return Always(new InstanceNormLayer(weight, bias, batchNorm.Epsilon));
            case NormKinds.Group:
                var groups = recipe.Groups ?? GroupNormLayer.DefaultGroups(channels);
                if (channels % groups != 0)
                    throw new ModelException($"{path}: {groups} groups do not divide {channels} channels; the default here is {GroupNormLayer.DefaultGroups(channels)}");
                CheckValues(channels / groups * positions, path);
                return Always(new GroupNormLayer(weight, bias, groups, batchNorm.Epsilon));
            default:
                throw new ModelException($"{path}: '{recipe.Kind}' is not a normalization");
        }
    }

    /// <summary>One value has the mean itself and no variance: the output would be β whatever the input.</summary>
    private static void CheckValues(int values, string path)
    {
        if (values < 2)
            throw new ModelException($"{path}: norm has only one value to take the mean and variance of; use another kind, fewer groups, or none here");
    }

    /// <summary>(mean, variance or deviation) pairs of so many channels, each with so many values of one example.</summary>
    private Deferred Statistics(string name, SegmentKind kind, int channels, int positions) => Buffer(
        new Segment($"{name}.statistics", kind, [channels, 2], Offset: 0, new Initialization(InitializationKind.Statistics), positions));

    private Func<Layer> Flatten()
    {
        Shape = [Product(Shape)];
        return Always(new FlattenLayer());
    }

    private int Trainable(string name, SegmentKind kind, IReadOnlyList<int> shape, Initialization initial)
    {
        _trainable.Add(new Segment(name, kind, shape, Offset: 0, initial));
        return _trainable.Count - 1;
    }

    private Deferred Buffer(Segment segment)
    {
        var index = new Deferred();
        _buffers.Add((segment, index));
        return index;
    }

    private static int Product(IEnumerable<int> sides) => sides.Aggregate(1, (product, side) => checked(product * side));

    private string NameOf(LayerRecipe recipe) => _names.Next(recipe) ?? throw new ArgumentException($"{recipe} has no parameters, and so no name", nameof(recipe));

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
