using DistTrain.Optimization.Optimizers;

namespace DistTrain.Optimization.Averaging;

/// <summary>A last phase in which each rank trains a copy of its own, in an order of its own, and the copies are averaged at its end.</summary>
/// <param name="TrainAccuracy">Train accuracy over an epoch that begins it; the end of the job's epochs does too. In (0, 1].</param>
/// <param name="Batch">Examples in a step of one rank.</param>
/// <param name="Epochs">Passes of each rank over the whole training set.</param>
/// <param name="Rate">Rate at its start; it falls linearly to 0.</param>
/// <param name="NewOptimizer">Its rule; the slots start at zero.</param>
public sealed record AloneTraining(double TrainAccuracy, int Batch, long Epochs, double Rate, Func<IOptimizer<float>> NewOptimizer)
{
    /// <summary>The rate after <paramref name="done"/> of <paramref name="steps"/> steps.</summary>
    public double RateAt(long done, long steps) => Rate * (1 - ((double)done / steps));
}
