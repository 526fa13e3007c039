namespace DistTrain.Recipes;

/// <summary>One layer of a declarative model. The closed set below is all that a job may ask for: jobs carry no code.</summary>
public abstract record LayerRecipe
{
    /// <summary>What it makes of a token depends on tokens behind it.</summary>
    public virtual bool SeesLater => false;
}

/// <summary>Fully connected: [n, in] → [n, Out], or each token of a sequence, [n, t, in] → [n, t, Out]; Reparametrization: one of <see cref="Reparametrizations"/>.</summary>
public sealed record LinearRecipe(int Out, bool Bias, string Reparametrization = Reparametrizations.None) : LayerRecipe;

/// <summary>
/// Two-dimensional convolution with a square kernel: [n, in, h, w] → [n, Out, h', w']; Reparametrization: as of <see cref="LinearRecipe"/>.
/// Groups: outputs of one see the inputs of the same alone; as many as inputs: depth-wise.
/// </summary>
public sealed record ConvRecipe(int Out, int Kernel, int Stride, int Padding, bool Bias, string Reparametrization = Reparametrizations.None, int Groups = 1) : LayerRecipe;

/// <summary>
/// Convolution along a sequence: [n, t, in] → [n, t', Out], or along the values of a row, [n, t] → [n, t', Out]. Padding: zeros on both sides; Causal: as many
/// zeros before the first place that each sees itself and those before it only. Groups and Reparametrization: as of <see cref="ConvRecipe"/>.
/// </summary>
public sealed record Conv1dRecipe(int Out, int Kernel, int Stride, int Padding, bool Causal, bool Bias, string Reparametrization = Reparametrizations.None, int Groups = 1) : LayerRecipe
{
    public override bool SeesLater => !Causal && Kernel > 1;
}

/// <summary>
/// Normalization; Kind: one of <see cref="NormKinds.Layers"/>. Groups: of group normalization, null for the default of the channels.
/// ZeroGamma: the scale starts at 0 instead of 1.
/// </summary>
public sealed record NormRecipe(string Kind, int? Groups = null, bool ZeroGamma = false) : LayerRecipe;

/// <summary>Element-wise nonlinearity; Kind: relu, tanh, sigmoid, gelu, silu.</summary>
public sealed record ActivationRecipe(string Kind) : LayerRecipe;

/// <summary>Pooling over square windows; Kind: max, average. Padding: of max, places on each side that no maximum is at.</summary>
public sealed record PoolRecipe(string Kind, int Size, int Stride, int Padding = 0) : LayerRecipe;

/// <summary>Mean over all positions: [n, c, h, w] → [n, c].</summary>
public sealed record GlobalAveragePoolRecipe : LayerRecipe;

/// <summary>[n, …] → [n, product].</summary>
public sealed record FlattenRecipe : LayerRecipe;

/// <summary>Zeroes a share of the activations while training; masks come from the job's counter generator.</summary>
public sealed record DropoutRecipe(double Rate) : LayerRecipe;

/// <summary>A vector for each token, learned: [n, t] of whole numbers → [n, t, Out].</summary>
public sealed record EmbeddingRecipe(int Out) : LayerRecipe;

/// <summary>Adds a vector for each place of a sequence: [n, t, d] → [n, t, d]; Kind: one of <see cref="PositionKinds"/>.</summary>
public sealed record PositionsRecipe(string Kind) : LayerRecipe;

/// <summary>A score of each token of the vocabulary: the product with its row of the embedding's weight, plus a bias: [n, t, d] → [n, t, tokens].</summary>
public sealed record UnembeddingRecipe : LayerRecipe;

/// <summary>Multi-head attention of a sequence to itself: [n, t, d] → [n, t, d]. Causal: a token sees those before it and itself only.</summary>
public sealed record AttentionRecipe(int Heads, bool Causal) : LayerRecipe
{
    public override bool SeesLater => !Causal;
}

/// <summary>
/// y = x' + Layers(x). The shortcut x' is Shortcut(x), a projection as a rule (He et al. 2015, option B), or without one parameter-free (option A):
/// subsampled by the stride of the body, zero-padded to its channels.
/// </summary>
public sealed record ResidualRecipe(IReadOnlyList<LayerRecipe> Layers, IReadOnlyList<LayerRecipe>? Shortcut = null) : LayerRecipe
{
    public override bool SeesLater => Layers.Concat(Shortcut ?? []).Any(layer => layer.SeesLater);
}
