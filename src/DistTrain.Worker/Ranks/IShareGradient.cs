using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Worker.Ranks;

/// <summary>
/// What a rank computes for its share of a step: a function of (job, version, position, rank), whoever computes it and however often. A gradient where it
/// trains; where it probes, the product of a direction.
/// </summary>
internal interface IShareGradient
{
    ParameterLayout Layout { get; }

    /// <summary>Where it is, [Layout.Length · width], once all of it is there.</summary>
    Memory<float> Gradient { get; }

    /// <summary>A bucket of it, [bucket.Length · width], when that is there; others may still come.</summary>
    Memory<float> Part(Bucket bucket);

    /// <summary>float32 that an element of it takes.</summary>
    int Width { get; }

    /// <summary>What it is of.</summary>
    ExampleSet Data { get; }

    /// <summary>Computes it.</summary>
    /// <param name="head">The version that has come in, and the step that starts from it.</param>
    /// <param name="rank">Whose share it is.</param>
    /// <param name="trace">Where its parts are noted; null: nowhere.</param>
    /// <exception cref="OperationCanceledException">It is to end.</exception>
    ShareResult Of(VersionHead head, int rank, StepTrace? trace = null);

    /// <summary>What of it is not finite, in words; empty: all is, or the servers alone judge what comes together.</summary>
    /// <param name="lossSum">Over the share.</param>
    string NotFinite(double lossSum);

    /// <summary>What is told of a bucket with it.</summary>
    /// <param name="bucket">Which one.</param>
    /// <param name="lossSum">Over the share.</param>
    /// <returns>
    /// The squared norm of its trainable elements, 0 where nobody asks for it; and whether it, its moments and the loss are finite, or the servers alone
    /// judge what comes together.
    /// </returns>
    (double SquaredNorm, bool IsFinite) Judge(Bucket bucket, double lossSum);

    /// <summary>While the rank waits: makes ready what the next step will begin with.</summary>
    /// <param name="head">This step's.</param>
    /// <param name="rank">Whose share it is.</param>
    void Prepare(VersionHead head, int rank);
}
