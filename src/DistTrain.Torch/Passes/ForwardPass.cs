using System.Runtime.ExceptionServices;
using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Order;
using static TorchSharp.torch;

namespace DistTrain.Torch.Passes;

/// <summary>What layers see of one pass over one micro-batch.</summary>
internal sealed class ForwardPass : IDisposable
{
    /// <summary>Parameter views by segment index.</summary>
    public required IReadOnlyList<Tensor> Parameters { get; init; }

    /// <summary>The direction along which slopes are taken, by segment index, of trainable segments, which come first; empty: none are.</summary>
    public IReadOnlyList<Tensor> Direction { get; init; } = [];

    /// <summary>Training mode: batch statistics, dropout.</summary>
    public required bool Training { get; init; }

    /// <summary>What factors of products are rounded to (<see cref="Passes.Products"/>); null: they are not.</summary>
    public ScalarType? Products { get; init; }

    /// <summary>Where sequences have ended; null: all are equally long.</summary>
    public Padding? Padding { get; init; }

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

    /// <summary>Receives the next vector of each power iteration while training.</summary>
    public PowerRecorder? Powers { get; init; }

    /// <summary>How far batch renormalization may correct in this pass.</summary>
    public RenormLimits Renorm { get; init; } = RenormLimits.None;

    /// <summary>What weights add to the mean loss in this pass, a scalar; null for nothing.</summary>
    public Tensor? Penalty { get; private set; }

    public void AddPenalty(Tensor penalty)
    {
        using var before = Penalty;
        // It outlives the layer that adds it.
        Penalty = (before?.Plus(penalty) ?? penalty).DetachFromDisposeScope();
    }

    public void Dispose() => Penalty?.Dispose();
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

/// <summary>Takes the next vector of one weight's power iteration.</summary>
/// <param name="vector">Index of its segment.</param>
/// <param name="next">[rows], of norm 1.</param>
internal delegate void PowerRecorder(int vector, Tensor next);
