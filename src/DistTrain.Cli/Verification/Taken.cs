using DistTrain.Protocol;

namespace DistTrain.Cli.Verification;

/// <summary>Which examples a step took.</summary>
/// <param name="Phase">Phase of the recipe.</param>
/// <param name="Epoch">Whose order of the examples.</param>
/// <param name="Cursor">Place of the first of them in that order.</param>
/// <param name="Take">How many: over all ranks or, where ranks train alone, of each.</param>
/// <param name="Sharing">How the ranks share them.</param>
internal readonly record struct Taken(int Phase, int Epoch, int Cursor, int Take, Sharing Sharing)
{
    /// <summary>What an entry of the ledger says.</summary>
    public static Taken Of(LedgerEntry entry) => new(entry.Phase, entry.Epoch, entry.Cursor, entry.Take, entry.Sharing);

    /// <summary>False for numbers that no step over a training set of this size can have.</summary>
    public bool IsPossible(int trainExamples) => Epoch >= 0 && Cursor >= 0 && Take > 0 && (long)Cursor + Take <= trainExamples;

    /// <summary>E.g. "examples 64 to 127 of epoch 0, together, in phase 0".</summary>
    public override string ToString() => $"examples {Cursor} to {(long)Cursor + Take - 1} of epoch {Epoch}, {Word(Sharing)}, in phase {Phase}";

    private static string Word(Sharing sharing) => sharing switch
    {
        Sharing.Local => "on replicas of their own",
        Sharing.Alone => "each rank alone",
        _ => "together",
    };
}
