namespace DistTrain.Training.Steps;

/// <summary>What the course of training remembers of skipped steps, and to find the next.</summary>
/// <param name="Steps">Steps so far that made no update.</param>
/// <param name="InRow">How many of them, up to here, one after the other because their numbers were wrong.</param>
/// <param name="Norms">Norms of the last updates' gradients; null where nobody looks for outliers.</param>
/// <param name="PassedOverTo">Up to this step none makes an update, since training went back from it; null: it never did.</param>
public readonly record struct SkipTally(long Steps = 0, int InRow = 0, NormWindow? Norms = null, long? PassedOverTo = null)
{
    /// <summary>The tally after a step.</summary>
    /// <param name="verdict">What became of it.</param>
    /// <param name="norm">Its gradient's norm; null where nobody looks for outliers.</param>
    public SkipTally After(Verdict verdict, double? norm) => verdict switch
    {
        { PassedOverTo: { } step } => this with { Steps = Steps + 1, PassedOverTo = step },
        { IsSkip: true } => this with { Steps = Steps + 1, InRow = InRow + 1 },
        _ when norm is { } value => this with { InRow = 0, Norms = (Norms ?? new NormWindow([])).With(value) },
        _ => this with { InRow = 0 },
    };
}
