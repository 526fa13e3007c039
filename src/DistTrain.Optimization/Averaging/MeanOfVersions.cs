namespace DistTrain.Optimization.Averaging;

/// <summary>A mean of the versions at the ends of epochs, which takes the last one's place.</summary>
/// <param name="StartEpoch">Epoch after which versions are averaged.</param>
/// <param name="EveryEpochs">Epochs between two versions that count.</param>
public sealed record MeanOfVersions(long StartEpoch, long EveryEpochs)
{
    /// <summary>The version is the n-th of the mean; 0: it is not part of it. The last version counts also where it ends none of the every-th epochs.</summary>
    /// <param name="epoch">Epochs that end with it.</param>
    /// <param name="isLast">It is the last.</param>
    public long SampleAt(int epoch, bool isLast)
    {
        var epochs = epoch - StartEpoch;
        return epochs >= 0 && (isLast || epochs % EveryEpochs == 0) ? ((epochs + EveryEpochs - 1) / EveryEpochs) + 1 : 0;
    }
}
