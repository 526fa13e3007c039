namespace DistTrain.Optimization.Order;

/// <summary>
/// Where a parameter version stands in the data. The step that starts here takes the examples
/// <c>Permutation.Of(seed, Group, Epoch, datasetSize)[Cursor, Cursor + take)</c>. Immutable; travels with each version.
/// </summary>
/// <param name="Phase">Phase of the recipe, counted from 0 (SWAP has two; everything else one).</param>
/// <param name="Epoch">Passes over the training set that are finished.</param>
/// <param name="Cursor">Examples of the current epoch that are used; always less than the size of the training set.</param>
/// <param name="Examples">Examples used since the job began, over all epochs.</param>
/// <param name="Group">The replica group, counted from 0.</param>
public sealed record Position(int Phase, int Epoch, int Cursor, long Examples, int Group)
{
    /// <summary>The position before a group's first step.</summary>
    public static Position Start(int group = 0) => new(Phase: 0, Epoch: 0, Cursor: 0, Examples: 0, Group: group);

    /// <summary>
    /// The position after <paramref name="steps"/> steps of a fixed batch: where as many rounds of <see cref="Take"/> and
    /// <see cref="Advance"/> lead, in constant time.
    /// </summary>
    /// <exception cref="OverflowException">More epochs than a position can count.</exception>
    public static Position After(long steps, int batch, int datasetSize, int group = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        var (epochs, inEpoch) = Math.DivRem(steps, StepsInEpoch(batch, datasetSize));
        var cursor = (int)(inEpoch * batch);
        return Start(group) with { Epoch = checked((int)epochs), Cursor = cursor, Examples = (epochs * datasetSize) + cursor };
    }

    /// <summary>Steps of a fixed batch in one epoch, the last one perhaps short.</summary>
    public static long StepsInEpoch(int batch, int datasetSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(datasetSize);
        return ((long)datasetSize + batch - 1) / batch;
    }

    /// <summary>Fractional epochs done here.</summary>
    public double EpochsDone(int datasetSize) => Epoch + ((double)Cursor / datasetSize);

    /// <summary>Examples of the step that starts here: a full batch, or what is left of the epoch.</summary>
    /// <param name="batch">Examples in a full step; at least 1.</param>
    /// <param name="datasetSize">Examples in the training set; more than <see cref="Cursor"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The batch is not positive, or the training set ends at or before the cursor.</exception>
    public int Take(int batch, int datasetSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batch);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(datasetSize, Cursor);
        return Math.Min(batch, datasetSize - Cursor);
    }

    /// <summary>The position after a step of <paramref name="take"/> examples; the end of an epoch is the start of the next.</summary>
    /// <param name="take">What <see cref="Take"/> gave.</param>
    /// <param name="datasetSize">Examples in the training set.</param>
    /// <exception cref="ArgumentOutOfRangeException">The step is empty or passes the end of the epoch.</exception>
    public Position Advance(int take, int datasetSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(take);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(take, datasetSize - Cursor);
        var advanced = this with { Cursor = Cursor + take, Examples = Examples + take };
        return advanced.Cursor < datasetSize ? advanced : advanced with { Epoch = Epoch + 1, Cursor = 0 };
    }
}
