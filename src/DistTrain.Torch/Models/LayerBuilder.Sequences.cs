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
        if (Shape is not [_, var width])
            throw Misfit(path, "attention", "[tokens, numbers]", "put 'embedding' before it");
        if (width % recipe.Heads != 0)
            throw new ModelException($"{path}: {recipe.Heads} heads do not divide {width} numbers of a token; give a divisor of {width}");
        var name = NameOf(recipe);
        // Names, shapes and initial values as of PyTorch's MultiheadAttention.
        var weight = Trainable($"{name}.in_proj_weight", SegmentKind.Weight, [3 * width, width], new Initialization(InitializationKind.Uniform, Math.Sqrt(6.0 / (4 * width))));
        var bias = Trainable($"{name}.in_proj_bias", SegmentKind.Bias, [3 * width], Initialization.Zero);
        var outWeight = Trainable($"{name}.out_proj.weight", SegmentKind.Weight, [width, width], Initialization.FanIn(width));
        var outBias = Trainable($"{name}.out_proj.bias", SegmentKind.Bias, [width], Initialization.Zero);
        return Always(new AttentionLayer(weight, bias, outWeight, outBias, recipe.Heads, recipe.Causal));
    }

    /// <summary>The deviation of GPT-2's initial values of what is looked up, 0.02; uniform, since a normal number needs functions that are not the same everywhere.</summary>
    private static Initialization Narrow => new(InitializationKind.Uniform, 0.02 * Math.Sqrt(3));
}
