using DistTrain.Optimization.Gradients;
using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Metrics;

/// <summary>
/// What the gradients of a step tell beside its update: their norm, their noise, and the batch that it predicts (1812.06162). A function of the steps
/// in the history, in their order: a run that goes on has the same figures as one that was never cut. Not thread-safe.
/// </summary>
/// <param name="smoothing">Share of the noise's running means that a step keeps.</param>
internal sealed class StepGauges(double smoothing)
{
    private NoiseScale _noise;

    /// <summary>A step that was recorded before.</summary>
    public void Take(StepMetrics step)
    {
        if (step.Noise is { } noise)
            _noise = _noise.With(new NoiseEstimate(noise.GradientSquare, noise.Trace), smoothing);
    }

    /// <summary>Puts the gauges of the next step into its metrics.</summary>
    /// <param name="step">The metrics.</param>
    /// <param name="averageSquare">|ḡ|².</param>
    /// <param name="shares">Each rank's examples and the squared norm of what it pushed.</param>
    /// <param name="largestBatch">No batch is larger.</param>
    public void Put(StepMetrics step, double averageSquare, IReadOnlyList<(int Examples, double Square)> shares, int largestBatch)
    {
        step.GradientNorm = Math.Sqrt(averageSquare);
        // What is skipped because its numbers are wrong would be all of the running means.
        if (step.Skipped.Length > 0 || NoiseEstimate.Of(averageSquare, shares) is not { } estimate)
            return;
        step.Noise = new NoiseMetrics { GradientSquare = estimate.Square, Trace = estimate.Trace };
        Take(step);
        if (_noise.Scale is not (> 0 and < double.PositiveInfinity) || _noise.Trace <= 0)
            return;
        step.Noise.Scale = _noise.Scale;
        step.Noise.CriticalBatch = (long)Math.Round(Math.Clamp(_noise.Scale, 1, largestBatch));
    }
}
