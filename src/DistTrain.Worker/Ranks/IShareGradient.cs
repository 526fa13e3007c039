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

    /// <summary>Where it is, [Layout.Length · width].</summary>
    Memory<float> Gradient { get; }

    /// <summary>What it is of.</summary>
    ExampleSet Data { get; }

    /// <summary>Computes it.</summary>
    /// <param name="head">The version that has come in, and the step that starts from it.</param>
    /// <param name="rank">Whose share it is.</param>
    /// <param name="trace">Where its parts are noted; null: nowhere.</param>
    /// <exception cref="OperationCanceledException">It is to end.</exception>
    ShareResult Of(VersionHead head, int rank, StepTrace? trace = null);

    /// <summary>While the rank waits: makes ready what the next step will begin with.</summary>
    /// <param name="head">This step's.</param>
    /// <param name="rank">Whose share it is.</param>
    void Prepare(VersionHead head, int rank);
}
