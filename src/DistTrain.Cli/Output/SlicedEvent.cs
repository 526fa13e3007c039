namespace DistTrain.Cli.Output;

/// <summary>The loss at a point of a slice.</summary>
/// <param name="Alpha">How far along the first direction; between two checkpoints 0 is the one and 1 the other.</param>
/// <param name="Beta">How far along the second; left out where there is one direction.</param>
/// <param name="Loss">Mean over the examples.</param>
/// <param name="Accuracy">Share of the examples, 0..1; left out of regression.</param>
internal sealed record LossEvent(double Alpha, double? Beta, double Loss, double? Accuracy) : OutputEvent;

/// <summary>What <c>slice</c> went through. Always the last line.</summary>
/// <param name="Checkpoint">The file or folder that was read.</param>
/// <param name="Step">Number of the version; left out for a model file.</param>
/// <param name="WeightsSha256">Of the weights in the middle.</param>
/// <param name="To">The other weights; left out for random directions.</param>
/// <param name="Data">train or test.</param>
/// <param name="Examples">How many of them the loss is over.</param>
/// <param name="Mode">evaluation or training.</param>
/// <param name="Points">Losses.</param>
/// <param name="Lowest">Where the loss is lowest.</param>
/// <param name="Highest">Where it is highest.</param>
/// <param name="Seconds">Wall time, reading left out.</param>
/// <param name="File">Where these results and all losses are, absolute.</param>
/// <param name="Plot">The picture, absolute; left out when none was asked for.</param>
internal sealed record SlicedEvent(
    string Checkpoint,
    long? Step,
    string WeightsSha256,
    string? To,
    string Data,
    int Examples,
    string Mode,
    int Points,
    SlicePoint Lowest,
    SlicePoint Highest,
    double Seconds,
    string File,
    string? Plot) : OutputEvent;

/// <param name="Alpha">How far along the first direction.</param>
/// <param name="Beta">How far along the second; left out where there is one.</param>
/// <param name="Loss">Mean over the examples.</param>
internal sealed record SlicePoint(double Alpha, double? Beta, double Loss);
