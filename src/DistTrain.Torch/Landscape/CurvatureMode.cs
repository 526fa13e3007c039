namespace DistTrain.Torch.Landscape;

/// <summary>Which function of the weights is looked at.</summary>
public enum CurvatureMode
{
    /// <summary>Running statistics, no dropout: the loss that <c>eval</c> tells.</summary>
    Evaluation,

    /// <summary>Statistics of each micro-batch, dropout by its key: the loss that a step sees.</summary>
    Training,

    /// <summary>The same for its gradients alone, so norms may also be those that have no second derivative.</summary>
    Step,
}
