using DistTrain.Torch.Models;
using DistTrain.Torch.Models.Normalization;
using DistTrain.Torch.Models.Weights;
using DistTrain.Torch.Passes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Tests.Models;

/// <summary>Parameters of all lists here: filters [2, 2, 3, 3], γ and β [2], (mean, variance) pairs [2, 2], a square matrix [6, 6].</summary>
[Trait("Kind", "Fast")]
public sealed class LayerListTests
{
    private readonly Tensor[] _parameters;

    public LayerListTests()
    {
        using var random = new Generator(1);
        _parameters = [rand([2, 2, 3, 3], generator: random), rand(2, generator: random), rand(2, generator: random), rand([2, 2], generator: random), rand([6, 6], generator: random)];
        foreach (var parameter in _parameters)
            parameter.sub_(tensor(0.5f)).requires_grad_(true);
    }

    private static Layer Relu => new ActivationLayer(Activation.Named("relu"));

    private static Layer Conv => new ConvLayer(new PlainWeight(0), null, stride: 1, padding: 1);

    private static Layer Linear => new LinearLayer(new PlainWeight(4), null, isSequence: false);

    /// <summary>A ReLU behind each kind of layer, where it may take the memory of what it gets and where others read that too.</summary>
    public static TheoryData<string> Lists => [.. ListsOf.Keys];

    private static Dictionary<string, (long[] Input, IReadOnlyList<Layer> Layers)> ListsOf { get; } = new()
    {
        ["first of all"] = ([3, 2, 4, 4], [Relu, Conv]),
        ["behind a convolution"] = ([3, 2, 4, 4], [Conv, Relu, Conv]),
        ["behind a linear layer"] = ([3, 6], [Linear, Relu, Linear, Relu]),
        ["behind a linear layer of a sequence"] = ([3, 2, 6], [new LinearLayer(new PlainWeight(4), null, isSequence: true), Relu]),
        ["behind BatchNorm"] = ([3, 2, 4, 4], [Conv, new BatchNormLayer(1, 2, 3, 1e-5, ghost: 0), Relu]),
        ["behind ghost BatchNorm"] = ([3, 2, 4, 4], [Conv, new BatchNormLayer(1, 2, 3, 1e-5, ghost: 2), Relu]),
        ["behind batch renormalization"] = ([3, 2, 4, 4], [Conv, new BatchRenormLayer(1, 2, 3, 1e-5), Relu]),
        ["behind group normalization"] = ([3, 2, 4, 4], [Conv, new GroupNormLayer(1, 2, 1, 1e-5), Relu]),
        ["behind instance normalization"] = ([3, 2, 4, 4], [Conv, new InstanceNormLayer(1, 2, 1e-5), Relu]),
        ["behind layer normalization"] = ([3, 2, 2], [new LayerNormLayer(1, 2, 1e-5), Relu]),
        ["behind another"] = ([3, 2, 4, 4], [Conv, Relu, Relu]),
        ["behind what gives its input itself"] = ([3, 6], [Linear, Relu, new DropoutLayer(0, 1), Relu, new FlattenLayer(), Relu]),
        ["behind a sigmoid"] = ([3, 6], [Linear, new ActivationLayer(Activation.Named("sigmoid")), Relu]),
        ["behind a pool"] = ([3, 2, 4, 4], [Conv, new MaxPoolLayer(PoolWindow.Square(2, 2)), Relu, new AveragePoolLayer(PoolWindow.Square(2, 2)), Relu]),
        ["gelu behind a convolution"] = ([3, 2, 4, 4], [Conv, new ActivationLayer(Activation.Named("gelu"))]),
    };

    [Theory]
    [MemberData(nameof(Lists))]
    public void A_list_is_its_layers_one_by_one_to_the_last_bit_of_the_gradient(string list)
    {
        var (input, layers) = ListsOf[list];
        var expected = Gradients(input, (x, pass) => layers.Aggregate(x, (at, layer) => layer.Forward(at, pass)));
        var found = Gradients(input, new LayerList(layers).Forward);
        Assert.Equal(expected, found);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_residual_is_the_sum_of_both_ways_whoever_reads_the_input_first(bool hasProjection)
    {
        // The body's first layer could take the memory of what the shortcut reads, and the ReLU behind the sum does take that of the sum.
        var residual = new ResidualLayer(new LayerList([Relu, Conv]), new LayerList(hasProjection ? [Relu, Conv] : []));
        var expected = Gradients([3, 2, 4, 4], (x, pass) =>
        {
            var y = Conv.Forward(x, pass);
            Tensor Way() => Conv.Forward(functional.relu(y), pass);
            return functional.relu((hasProjection ? Way() : y).Plus(Way()));
        });
        Assert.Equal(expected, Gradients([3, 2, 4, 4], new LayerList([Conv, residual, Relu]).Forward));
    }

    [Fact]
    public void A_sum_of_two_types_has_the_wider_one()
    {
        var bfloat16 = new ForwardPass { Parameters = _parameters, Training = true, Products = ScalarType.BFloat16 };
        var y = new ResidualLayer(new LayerList([Conv]), new LayerList([])).Forward(ones(3, 2, 4, 4), bfloat16);
        Assert.Equal(ScalarType.Float32, y.dtype);
    }

    [Fact]
    public void What_stands_between_layers_is_let_go_of()
    {
        using var scope = NewDisposeScope();
        Look[] looks = [new(), new(), new()];
        var x = ones(2, 3);
        var y = new LayerList(looks).Forward(x, new ForwardPass { Parameters = [], Training = true });
        Assert.All(looks, look => Assert.True(look.OnTheWay!.IsInvalid));
        Assert.All(looks[..2], look => Assert.True(look.Given!.IsInvalid));
        Assert.Same(looks[2].Given, y);
        Assert.Equal([7f, 7, 7, 7, 7, 7], (x * y).data<float>());

        var dual = new LayerList(looks).Forward(new Dual(x, x), new ForwardPass { Parameters = [], Training = true });
        Assert.All(looks[..2], look => Assert.True(look.Given!.IsInvalid && look.GivenSlope!.IsInvalid));
        Assert.Equal([11f, 11, 11, 11, 11, 11], dual.Value.Plus(dual.Slope!).data<float>());
        Assert.False(x.IsInvalid);
    }

    private (float[] Output, float[][] Gradients) Run(long[] input, Func<Tensor, ForwardPass, Tensor> forward)
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(2);
        using var pass = new ForwardPass { Parameters = _parameters, Training = true };
        var x = rand(input, generator: random).sub(tensor(0.5f)).requires_grad_(true);
        var y = forward(x, pass);
        (y * rand(y.shape, generator: random)).sum().backward();
        Tensor[] leaves = [x, .. _parameters];
        float[][] gradients = [.. leaves.Select(leaf => leaf.grad?.contiguous().data<float>().ToArray() ?? [])];
        foreach (var parameter in _parameters)
            parameter.grad = null;
        return (y.contiguous().data<float>().ToArray(), gradients);
    }

    /// <summary>Output and gradients in one row.</summary>
    private float[] Gradients(long[] input, Func<Tensor, ForwardPass, Tensor> forward)
    {
        var (output, gradients) = Run(input, forward);
        Assert.Contains(gradients[1..], gradient => gradient.AsSpan().ContainsAnyExcept(0f));
        return [.. output, .. gradients.SelectMany(gradient => gradient)];
    }

    /// <summary>Adds 2 to its input, by two tensors, and 1 to the slope, and remembers which they were.</summary>
    private sealed class Look : Layer
    {
        public Tensor? OnTheWay { get; private set; }

        public Tensor? Given { get; private set; }

        public Tensor? GivenSlope { get; private set; }

        public override Tensor Forward(Tensor x, ForwardPass pass)
        {
            OnTheWay = x.Plus(1);
            return Given = OnTheWay.Plus(1);
        }

        public override Dual Forward(Dual x, ForwardPass pass) => new(Forward(x.Value, pass), GivenSlope = x.Slope!.Plus(1));

        public override string Export(string x, OperatorGraph graph) => x;
    }
}
