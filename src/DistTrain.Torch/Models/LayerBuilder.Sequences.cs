using System.Globalization;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Passes;

namespace DistTrain.Torch.Models;

/// <summary>The layers of sequences.</summary>
internal sealed partial class LayerBuilder
{
    private (int Weight, int Width)? _embedding;

    private Func<Layer> Embedding(EmbeddingRecipe recipe, string path)
    {
        if (!_areTokens)
            throw Misfit(path, "embedding", "[tokens], of text", tokens is null ? "leave it out" : "let it be the first layer");
        _areTokens = false;
        var weight = Trainable($"{NameOf(recipe)}.weight", SegmentKind.Weight, [tokens!.Value, recipe.Out], Narrow);
        Shape = [Shape[0], recipe.Out];
        _embedding = (weight, recipe.Out);
        return Always(new EmbeddingLayer(weight));
    }

    private Func<Layer> Unembedding(UnembeddingRecipe recipe, string path)
    {
        if (_embedding is not { } embedding || Shape is not [var places, var width] || width != embedding.Width)
            throw Misfit(path, "unembedding", $"[tokens, {_embedding?.Width.ToString(CultureInfo.InvariantCulture) ?? "numbers"}]", "put 'embedding' before it, and let it get as many numbers of a token as that gives");
        var bias = Trainable($"{NameOf(recipe)}.bias", SegmentKind.Bias, [tokens!.Value], Initialization.Zero);
        Shape = [places, tokens.Value];
        return Always(new UnembeddingLayer(embedding.Weight, bias));
    }

    private Func<Layer> Conv1d(Conv1dRecipe recipe, string path)
    {
        if (Shape is not ([_] or [_, _]))
            throw Misfit(path, "conv1d", "[places, numbers] or [features]", "put 'flatten' before it, or use 'conv'");
        var (places, width, areRows) = (Shape[0], Shape.Count == 1 ? 1 : Shape[1], Shape.Count == 1);
        var seen = InputsOf(recipe.Groups, width, recipe.Out, path);
        var (before, behind) = recipe.Causal ? (recipe.Kernel - 1, 0) : (recipe.Padding, recipe.Padding);
        var outputs = Window(places + before + behind, recipe.Kernel, recipe.Stride, path);
        // Places are tokens: each has to be told, and padding has to stay behind the others.
        if (tokens is not null && (outputs != places || recipe.Stride > 1))
            throw new ModelException($"{path}: conv1d makes {outputs} places of {places} tokens, and each token keeps its place; give stride 1 and {(recipe.Kernel % 2 == 0 ? "an odd kernel with padding of half of it" : $"padding {recipe.Kernel / 2}")}, or causal: true");
        var (weight, bias) = FiltersOf(recipe, [recipe.Out, seen, recipe.Kernel], recipe.Bias, recipe.Reparametrization);
        Shape = [outputs, recipe.Out];
        return () => new Conv1dLayer(weight(), bias, recipe.Stride, before, behind, recipe.Groups, areRows);
    }

    private Func<Layer> Positions(PositionsRecipe recipe, string path)
    {
        if (Shape is not [var places, var width])
            throw Misfit(path, "positions", "[tokens, numbers]", "put 'embedding' before it");
        return Always(recipe.Kind == PositionKinds.Learned
            ? new LearnedPositionsLayer(Trainable($"{NameOf(recipe)}.weight", SegmentKind.Weight, [places, width], Narrow))
            : new SinusoidalPositionsLayer(places, width));
    }

    private Func<Layer> Attention(AttentionRecipe recipe, string path)
    {
        if (Shape is not [var places, var width])
            throw Misfit(path, "attention", "[tokens, numbers]", "put 'embedding' before it");
        if (width % recipe.Heads != 0)
            throw new ModelException($"{path}: {recipe.Heads} heads do not divide {width} numbers of a token; give a divisor of {width}");
        var name = NameOf(recipe);
        // Names, shapes and initial values as of PyTorch's MultiheadAttention.
        var weight = Trainable($"{name}.in_proj_weight", SegmentKind.Weight, [3 * width, width], new Initialization(InitializationKind.Uniform, Math.Sqrt(6.0 / (4 * width))));
        var bias = Trainable($"{name}.in_proj_bias", SegmentKind.Bias, [3 * width], Initialization.Zero);
        var outWeight = Trainable($"{name}.out_proj.weight", SegmentKind.Weight, [width, width], Initialization.FanIn(width));
        var outBias = Trainable($"{name}.out_proj.bias", SegmentKind.Bias, [width], Initialization.Zero);
        return Always(new AttentionLayer(weight, bias, outWeight, outBias, recipe.Heads, places, recipe.Causal));
    }

    /// <summary>The deviation of GPT-2's initial values of what is looked up, 0.02; uniform, since a normal number needs functions that are not the same everywhere.</summary>
    private static Initialization Narrow => new(InitializationKind.Uniform, 0.02 * Math.Sqrt(3));
}
