using System.Runtime.ExceptionServices;
using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Order;
using DistTrain.Torch.Models.Normalization;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models;

/// <summary>What layers see of one pass over one micro-batch.</summary>
internal sealed class ForwardPass
{
    /// <summary>Parameter views by segment index.</summary>
    public required IReadOnlyList<Tensor> Parameters { get; init; }

    /// <summary>Training mode: batch statistics, dropout.</summary>
    public required bool Training { get; init; }

    /// <summary>Keys of the counter generator for this micro-batch; null in evaluation.</summary>
    public MicroBatchKey? Key { get; init; }

    /// <summary>Receives each BatchNorm layer's batch moments while training.</summary>
    public MomentsRecorder? Moments { get; init; }

    /// <summary>Also the inputs' moments are recorded.</summary>
    public bool MeasuresInputs { get; init; }

    /// <summary>Where BatchNorm layers meet those of other ranks; null where each rank is by itself.</summary>
    public IMomentExchange? Exchange { get; init; }

    /// <summary>What went wrong in a backward pass, from which no exception may escape; to be thrown once it has returned.</summary>
    public ExceptionDispatchInfo? Fault { get; set; }
}

/// <summary>Where a micro-batch stands: what randomness inside the model is keyed by.</summary>
/// <param name="Seed">The job's seed.</param>
/// <param name="Position">The step's position.</param>
/// <param name="Rank">The rank.</param>
/// <param name="Index">The micro-batch within the rank's share.</param>
public sealed record MicroBatchKey(long Seed, Position Position, int Rank, int Index);

/// <summary>Takes one BatchNorm layer's moments over one micro-batch.</summary>
/// <param name="statistics">Index of the layer's statistics segment.</param>
/// <param name="moments">Of this rank's examples.</param>
internal delegate void MomentsRecorder(int statistics, BatchMoments moments);
