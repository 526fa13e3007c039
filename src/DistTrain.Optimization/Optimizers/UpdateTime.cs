namespace DistTrain.Optimization.Optimizers;

/// <summary>What an update rule knows of the step besides the numbers.</summary>
/// <param name="Step">Updates done since the slots were zero, from 0.</param>
/// <param name="LearningRate">Scheduled rate of this step.</param>
/// <param name="PreviousRate">Scheduled rate of the step before; of the first step, its own.</param>
/// <param name="Epoch">Fractional epochs done before this step.</param>
/// <param name="GradientScale">Factor on every gradient before anything else is done with it: clipping by the global norm, else 1.</param>
public readonly record struct UpdateTime(long Step, double LearningRate, double PreviousRate, double Epoch = 0, double GradientScale = 1)
{
    /// <summary>The same step of a tensor whose rate is another: <paramref name="factor"/> times this one, in this step as in the one before.</summary>
    public UpdateTime Times(double factor) => this with { LearningRate = LearningRate * factor, PreviousRate = PreviousRate * factor };
}
