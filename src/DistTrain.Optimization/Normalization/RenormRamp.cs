using DistTrain.Optimization.Order;

namespace DistTrain.Optimization.Normalization;

/// <summary>
/// The limits of batch renormalization as they open in the course of a job (1702.03275, section 3), with s the share of the job that is done:
/// <code>
/// r_max(s) = 1 + (RMax − 1)·ramp(s, REnd)     d_max(s) = DMax·ramp(s, DEnd)     ramp(s, end) = clip((s − Start)/(end − Start), 0, 1)
/// </code>
/// A function of each step's position: read once, when the model is built, it would be plain BatchNorm for good.
/// </summary>
/// <param name="RMax">Largest r at the end of its ramp; at least 1.</param>
/// <param name="DMax">Largest d at the end of its ramp; at least 0.</param>
/// <param name="Start">Share of the job, in [0, 1], at which both ramps begin; plain BatchNorm before.</param>
/// <param name="REnd">Share at which r has its limit; at least <paramref name="Start"/>.</param>
/// <param name="DEnd">Share at which d has its limit; at least <paramref name="Start"/>.</param>
public sealed record RenormRamp(double RMax, double DMax, double Start, double REnd, double DEnd)
{
    /// <summary>The limits of the step that starts at <paramref name="position"/>.</summary>
    /// <param name="position">Where the step stands.</param>
    /// <param name="length">Length of the job.</param>
    /// <param name="datasetSize">Examples in the training set.</param>
    public RenormLimits At(Position position, JobLength length, int datasetSize)
    {
        var share = position.EpochsDone(datasetSize) / length.Epochs;
        return new RenormLimits(1 + ((RMax - 1) * Ramp(share, REnd)), DMax * Ramp(share, DEnd));
    }

    private double Ramp(double share, double end) =>
        share < Start ? 0 : share >= end ? 1 : (share - Start) / (end - Start);
}
