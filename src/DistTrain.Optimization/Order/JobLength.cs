namespace DistTrain.Optimization.Order;

/// <summary>How long a job of a fixed batch is, in both units.</summary>
/// <param name="Steps">Updates.</param>
/// <param name="Epochs">Passes over the training set, fractional when the job ends within one.</param>
public readonly record struct JobLength(long Steps, double Epochs)
{
    /// <param name="epochs">Length in epochs, or null.</param>
    /// <param name="steps">Length in steps, or null; one of the two is given.</param>
    /// <param name="batch">Examples in a full step.</param>
    /// <param name="datasetSize">Examples in the training set.</param>
    /// <exception cref="ArgumentException">Neither is given.</exception>
    public static JobLength Of(int? epochs, long? steps, int batch, int datasetSize)
    {
        var inEpoch = Position.StepsInEpoch(batch, datasetSize);
        var total = steps ?? (epochs * inEpoch) ?? throw new ArgumentException("neither epochs nor steps say how long the job is", nameof(steps));

        // Not by Position.After: a job of many steps on few examples has more epochs than a position can count.
        return new JobLength(total, (total / inEpoch) + ((double)(total % inEpoch) * batch / datasetSize));
    }
}
