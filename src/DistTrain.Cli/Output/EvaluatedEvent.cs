namespace DistTrain.Cli.Output;

/// <summary>What <c>eval</c> found. Always the last line.</summary>
/// <param name="Checkpoint">The file or folder that was read.</param>
/// <param name="Step">Number of the version; null for a model file.</param>
/// <param name="TestAccuracy">Share of the test set, 0..1.</param>
/// <param name="TestLoss">Mean over the test set.</param>
/// <param name="Examples">Size of the test set.</param>
/// <param name="WeightsSha256">Of the parameters and buffers that were evaluated.</param>
internal sealed record EvaluatedEvent(
    string Checkpoint, long? Step, double TestAccuracy, double TestLoss, int Examples, string WeightsSha256) : OutputEvent
{
    /// <summary>exp(loss), of text; left out for other data.</summary>
    public double? Perplexity { get; init; }
}
