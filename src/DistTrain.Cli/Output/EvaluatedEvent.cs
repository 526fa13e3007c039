namespace DistTrain.Cli.Output;

/// <summary>What <c>eval</c> found. Always the last line.</summary>
/// <param name="Checkpoint">The file or folder that was read.</param>
/// <param name="Step">Number of the version; null for a model file.</param>
/// <param name="TestAccuracy">Share of the test set, 0..1; left out of regression.</param>
/// <param name="TestLoss">Mean over the test set.</param>
/// <param name="Examples">Size of the test set.</param>
/// <param name="WeightsSha256">Of the parameters and buffers that were evaluated.</param>
internal sealed record EvaluatedEvent(
    string Checkpoint, long? Step, double? TestAccuracy, double TestLoss, int Examples, string WeightsSha256) : OutputEvent
{
    /// <summary>1 − Σe²/Σ(y − ȳ)², of regression; left out of other tasks.</summary>
    public double? TestR2 { get; init; }

    /// <summary>Mean |e|; left out with it.</summary>
    public double? TestMae { get; init; }

    /// <summary>Share whose class is among the topK highest scores; left out where the job has no topK.</summary>
    public double? TestTopAccuracy { get; init; }

    /// <summary>exp(loss), of text; left out for other data.</summary>
    public double? Perplexity { get; init; }
}
