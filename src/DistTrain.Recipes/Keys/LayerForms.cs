using DistTrain.Optimization.Options;

namespace DistTrain.Recipes.Keys;

/// <summary>The table of all layers but <see cref="Residual"/>, which holds other layers instead of options.</summary>
internal static class LayerForms
{
    public const string Residual = "residual";

    /// <summary>Of a residual that is a section: its body, and what its input goes through beside it.</summary>
    public const string Body = "layers", Shortcut = "shortcut";

    /// <summary>Of layers over sequences: what lies behind a token has no part in it.</summary>
    public const string Causal = "causal";

    /// <summary>Layers in a model, at most, those inside residuals included.</summary>
    public const int MaximumLayers = 1000;

    /// <summary>Residuals inside each other, at most.</summary>
    public const int MaximumNesting = 8;

    private static readonly JobKey Out = Whole("out", 1, 65_536, null, "number of output features or channels");
    private static readonly JobKey Bias = new("bias", new FlagRule(), true, "whether a bias is added");
    private static readonly JobKey Reparametrization =
        new("reparametrization", new ChoiceRule("a reparametrization", Reparametrizations.All), Reparametrizations.None, "what the weight is made of; weight: g·v/‖v‖ row by row; spectral: W/σ(W)");

    private static readonly JobKey Groups =
        Whole("groups", 1, 65_536, null, "groups of channels, each of whose outputs sees its own inputs alone; a divisor of both numbers; as many as inputs: depth-wise") with { DefaultText = "1" };

    private static readonly JobKey Size = Whole("size", 1, 1024, null, "side of the window in pixels");
    private static readonly JobKey Step = Whole("stride", 1, 1024, null, "step of the window in pixels") with { DefaultText = "size" };

    public static IReadOnlyList<LayerForm> All { get; } =
    [
        new(
            "linear",
            "fully connected",
            [Out, Bias, Reparametrization],
            v => new LinearRecipe(Count(v[0]), (bool)v[1]!, (string)v[2]!),
            layer => layer is LinearRecipe l ? [l.Out, l.Bias, l.Reparametrization] : null),
        new(
            "conv",
            "two-dimensional convolution, square kernel",
            [
                Out,
                Whole("kernel", 1, 1024, 3L, "side of the kernel in pixels"),
                Whole("stride", 1, 1024, 1L, "step of the kernel in pixels"),
                Whole("padding", 0, 1024, 0L, "zeros added on each side, in pixels"),
                Bias,
                Reparametrization,
                Groups,
            ],
            v => new ConvRecipe(Count(v[0]), Count(v[1]), Count(v[2]), Count(v[3]), (bool)v[4]!, (string)v[5]!, Count(v[6] ?? 1L)),
            layer => layer is ConvRecipe c ? [c.Out, c.Kernel, c.Stride, c.Padding, c.Bias, c.Reparametrization, Unless(1, c.Groups)] : null),
        new(
            "conv1d",
            "convolution along a sequence, or along the values of a row; of text each token keeps its place",
            [
                Out,
                Whole("kernel", 1, 1024, 3L, "places that an output sees"),
                Whole("stride", 1, 1024, 1L, "places from one output to the next; of text 1"),
                Whole("padding", 0, 1024, 0L, "zeros added on each side; of text half of an odd kernel"),
                new(Causal, new FlagRule(), false, "whether a place sees only those before it and itself: kernel − 1 zeros before the first place, none behind the last"),
                Bias,
                Reparametrization,
                Groups,
            ],
            v => new Conv1dRecipe(Count(v[0]), Count(v[1]), Count(v[2]), Count(v[3]), (bool)v[4]!, (bool)v[5]!, (string)v[6]!, Count(v[7] ?? 1L)),
            layer => layer is Conv1dRecipe c ? [c.Out, c.Kernel, c.Stride, c.Padding, c.Causal, c.Bias, c.Reparametrization, Unless(1, c.Groups)] : null)
        {
            Problem = v => v[4] is true && v[3] is > 0L ? ("padding", "causal says where zeros are: before the first place; leave padding out") : null,
        },
        new(
            "norm",
            "normalization",
            [
                new("kind", new ChoiceRule("a normalization", NormKinds.Layers), null, "which one"),
                Whole("groups", 1, 65_536, null, "of group: groups of channels, a divisor of their number") with
                {
                    DefaultText = "the most, up to 32, of at least two channels each",
                },
                new("zeroGamma", new FlagRule(), false, "whether the scale starts at 0 instead of 1; for the last norm of a residual (1706.02677)"),
            ],
            v => new NormRecipe((string)v[0]!, v[1] is { } groups ? Count(groups) : null, (bool)v[2]!),
            layer => layer is NormRecipe n ? [n.Kind, n.Groups, n.ZeroGamma] : null)
        {
            Problem = v => v[1] is not null && v[0] is not NormKinds.Group ? ("groups", $"{v[0]} has no groups; leave it out") : null,
        },
        Activation("relu", "max(x, 0)"),
        Activation("tanh", "hyperbolic tangent"),
        Activation("sigmoid", "1 / (1 + exp(-x))"),
        Activation("gelu", "x times the normal distribution function of x"),
        Activation("silu", "x / (1 + exp(-x))"),
        new(
            "maxPool",
            "largest value of each square window; of a sequence, of each number in so many places",
            [Size, Step, Whole("padding", 0, 512, null, "places added on each side, at which no maximum is; at most half of size") with { DefaultText = "0" }],
            v => new PoolRecipe("max", Count(v[0]), Count(v[1] ?? v[0]), Count(v[2] ?? 0L)),
            layer => layer is PoolRecipe { Kind: "max" } p ? [p.Size, p.Stride, Unless(0, p.Padding)] : null)
        {
            Problem = v => v[2] is long padding && v[0] is long size && 2 * padding > size ? ("padding", $"{padding} is more than half of size {size}: a window could lie outside; lower it") : null,
        },
        new(
            "averagePool",
            "mean of each square window; of a sequence, of each number over so many places",
            [Size, Step],
            v => new PoolRecipe("average", Count(v[0]), Count(v[1] ?? v[0])),
            layer => layer is PoolRecipe { Kind: "average" } p ? [p.Size, p.Stride] : null),
        Bare<GlobalAveragePoolRecipe>("globalAveragePool", "mean over all positions of each channel; of a sequence, of each number over all places"),
        Bare<FlattenRecipe>("flatten", "each example's values in one row"),
        new(
            "embedding",
            "a learned vector for each token",
            [Out],
            v => new EmbeddingRecipe(Count(v[0])),
            layer => layer is EmbeddingRecipe e ? [e.Out] : null),
        new(
            "positions",
            "adds a vector for each place of a sequence",
            [new("kind", new ChoiceRule("what says where a token stands", PositionKinds.All), PositionKinds.Learned, "learned: parameters; sinusoidal: sines and cosines (1706.03762)")],
            v => new PositionsRecipe((string)v[0]!),
            layer => layer is PositionsRecipe p ? [p.Kind] : null),
        Bare<UnembeddingRecipe>("unembedding", "a score of each token: product with the embedding's own vector of it, plus a bias"),
        new(
            "attention",
            "multi-head attention of a sequence to itself",
            [
                Whole("heads", 1, 1024, null, "heads; a divisor of the numbers of a token"),
                new(Causal, new FlagRule(), true, "whether a token sees only those before it and itself"),
            ],
            v => new AttentionRecipe(Count(v[0]), (bool)v[1]!),
            layer => layer is AttentionRecipe a ? [a.Heads, a.Causal] : null),
        new(
            "dropout",
            "zeroes a share of the values while training",
            [JobKey.Of("", new Option("rate", OptionKind.Number, null, "share that is zeroed") { Minimum = 0, Maximum = 1, ExclusiveMaximum = true })],
            v => new DropoutRecipe((double)v[0]!),
            layer => layer is DropoutRecipe d ? [d.Rate] : null),
    ];

    /// <summary>The names of all layers.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(f => f.Name), Residual];

    /// <summary>The form named <paramref name="name"/>, or null.</summary>
    public static LayerForm? Find(string name) => All.FirstOrDefault(f => f.Name == name);

    /// <summary>The form of a layer that is no residual.</summary>
    public static LayerForm Of(LayerRecipe layer) => All.First(form => form.Parts(layer) is not null);

    private static int Count(object? whole) => (int)(long)whole!;

    /// <summary>What came later than the layer is not written where it changes nothing.</summary>
    private static object? Unless(int nothing, int value) => value == nothing ? null : value;

    private static JobKey Whole(string name, long minimum, long maximum, long? value, string description) =>
        new(name, new WholeRule(minimum, maximum), value, description);

    private static LayerForm Activation(string kind, string description) => new(
        kind,
        description,
        [],
        _ => new ActivationRecipe(kind),
        layer => layer is ActivationRecipe a && a.Kind == kind ? [] : null);

    private static LayerForm Bare<T>(string name, string description)
        where T : LayerRecipe, new() => new(name, description, [], _ => new T(), layer => layer is T ? [] : null);
}
