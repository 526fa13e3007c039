using System.Globalization;
using DistTrain.Optimization.Parameters;
using static TorchSharp.torch;

namespace DistTrain.Torch.Passes;

/// <summary>
/// A model as operators, in the terms of ONNX, collected layer by layer. What a layer computes of parameters alone (a reparametrized weight) is a constant
/// here: weights do not change any more.
/// </summary>
public sealed class OperatorGraph
{
    /// <summary>The set of ONNX's operators that layers are made of; runtimes of 2022 and later have it.</summary>
    public const int OperatorSet = 17;

    /// <summary>Name of the examples, [batch, …].</summary>
    public const string Input = "input";

    /// <summary>
    /// Name of a second input, int64 [batch, tokens], 1 for each token of an example and 0 for the padding behind them; a row has a 1. As Hugging Face's
    /// attention_mask.
    /// </summary>
    public const string Mask = "mask";

    /// <summary>Name of the scores, float32 [batch, classes], of text [batch, tokens, classes]: their softmax is the probability of each class.</summary>
    public const string Output = "scores";

    private readonly ParameterLayout _layout;
    private readonly HashSet<string> _names = new([Input, Mask, Output], StringComparer.Ordinal);
    private readonly List<GraphOperator> _operators = [];
    private readonly List<GraphConstant> _constants = [];
    private string? _isPadding;
    private string? _unseen;

    /// <param name="layout">Names the parameters.</param>
    /// <param name="pass">The parameters' values, in evaluation mode.</param>
    /// <param name="inputShape">Shape of one example.</param>
    internal OperatorGraph(ParameterLayout layout, ForwardPass pass, IReadOnlyList<int> inputShape) => (_layout, Pass, InputShape) = (layout, pass, inputShape);

    /// <summary>Each behind those that it takes its inputs from.</summary>
    public IReadOnlyList<GraphOperator> Operators => _operators;

    /// <summary>What operators take beside each other's outputs.</summary>
    public IReadOnlyList<GraphConstant> Constants => _constants;

    /// <summary>Shape of one example.</summary>
    public IReadOnlyList<int> InputShape { get; }

    /// <summary>The input is whole numbers, int64, and not float32.</summary>
    public bool HasTokens { get; init; }

    /// <summary>Scores depend on where examples end, and there is a second input that says it.</summary>
    public bool HasMask => _isPadding is not null;

    internal ForwardPass Pass { get; }

    /// <summary>A parameter as it is.</summary>
    internal string Parameter(int segment) => Constant(_layout.Segments[segment].Name, Pass.Parameters[segment]);

    /// <summary>Values of a layer's segment, or made of them.</summary>
    /// <param name="segment">Gives the first part of the name.</param>
    /// <param name="part">The last one.</param>
    /// <param name="values">float32.</param>
    internal string Beside(int segment, string part, Tensor values)
    {
        var name = _layout.Segments[segment].Name;
        return Constant($"{name[..name.LastIndexOf('.')]}.{part}", values);
    }

    /// <summary>Whole numbers, e.g. a shape.</summary>
    internal string Numbers(string name, params long[] values)
    {
        _constants.Add(new GraphConstant(Unique(name), [values.Length], [], values));
        return _constants[^1].Name;
    }

    /// <summary>One whole number, without a dimension.</summary>
    internal string Number(string name, long value)
    {
        _constants.Add(new GraphConstant(Unique(name), [], [], [value]));
        return _constants[^1].Name;
    }

    /// <summary>Values that do not change.</summary>
    /// <param name="name">A number is put behind it if there is one of that name.</param>
    /// <param name="values">float32.</param>
    internal string Constant(string name, Tensor values)
    {
        using var flat = values.detach().cpu().flatten();
        _constants.Add(new GraphConstant(Unique(name), values.shape, flat.data<float>().ToArray(), []));
        return _constants[^1].Name;
    }

    /// <summary>Adds an operator.</summary>
    /// <param name="type">As ONNX names it.</param>
    /// <param name="inputs">Outputs of operators before, and constants.</param>
    /// <param name="attributes">By name a float, a long or a long[].</param>
    /// <returns>Its output.</returns>
    internal string Apply(string type, IReadOnlyList<string> inputs, params IReadOnlyList<(string Name, object Value)> attributes)
    {
        _operators.Add(new GraphOperator(type, inputs, Unique($"{type}-1"), attributes));
        return _operators[^1].Output;
    }

    /// <summary>[batch, 1, 1, tokens]: −∞ where a place is padding, which none may see, else 0. Of tokens alone.</summary>
    internal string Unseen()
    {
        if (_unseen is not null)
            return _unseen;
        var fit = Apply("Where", [IsPadding(), Constant("unseen", tensor(float.NegativeInfinity)), Constant("seen", tensor(0f))]);
        return _unseen = Apply("Unsqueeze", [fit, Numbers("axes", 1, 2)]);
    }

    /// <summary>[batch, tokens]: true where a place is padding. Of tokens alone.</summary>
    internal string IsPadding() => _isPadding ??= Apply("Equal", [Mask, Number("padding", 0)]);

    /// <summary>The last operator's output is the model's.</summary>
    internal void End() => _operators[^1] = _operators[^1] with { Output = Output };

    private string Unique(string name)
    {
        var stem = name.EndsWith("-1", StringComparison.Ordinal) ? name[..^2] : name;
        for (var number = 2; !_names.Add(name); number++)
            name = string.Create(CultureInfo.InvariantCulture, $"{stem}-{number}");
        return name;
    }
}

/// <summary>An operator with one output.</summary>
/// <param name="Type">As ONNX names it.</param>
/// <param name="Inputs">Names of outputs and constants.</param>
/// <param name="Output">Its name.</param>
/// <param name="Attributes">By name a float, a long or a long[].</param>
public sealed record GraphOperator(string Type, IReadOnlyList<string> Inputs, string Output, IReadOnlyList<(string Name, object Value)> Attributes);

/// <summary>Values that do not change: float32, or whole numbers.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Row-major.</param>
/// <param name="Values">Empty for whole numbers.</param>
/// <param name="Numbers">Empty for float32.</param>
public sealed record GraphConstant(string Name, IReadOnlyList<long> Shape, float[] Values, long[] Numbers);
