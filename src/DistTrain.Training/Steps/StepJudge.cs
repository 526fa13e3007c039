using System.Globalization;
using DistTrain.Protocol;
using DistTrain.Recipes;

namespace DistTrain.Training.Steps;

/// <summary>
/// Judges the numbers of a step before any of it is stepped: a function of what all servers see alike (what each rank said, and float64 norms over
/// all servers), so that they agree without asking each other, in whatever order gradients came.
/// </summary>
/// <param name="numerics">What the job says.</param>
/// <param name="passedOver">Steps that make no update whatever they bring.</param>
public sealed class StepJudge(NumericsRecipe numerics, IReadOnlyList<StepRange> passedOver)
{
    /// <summary>So many skipped steps one after the other mean that training does not go on.</summary>
    public const int MostInRow = 32;

    /// <summary>True where a step must be judged before it is taken.</summary>
    public bool Judges(OpenStep open) => numerics.Judges && open.Kind == StepKind.Gradient;

    /// <summary>True where the norms of the ranks' gradients are looked at.</summary>
    public bool FindsOutliers(OpenStep open) => numerics.OutlierFactor > 0 && Judges(open);

    /// <summary>The verdict on a step whose sums are complete.</summary>
    /// <param name="open">The step.</param>
    /// <param name="ranks">What each rank said, by rank.</param>
    /// <param name="norms">Of the step's gradients.</param>
    public Verdict Of(OpenStep open, IReadOnlyList<Contribution> ranks, in StepNorms norms)
    {
        if (!Judges(open))
            return default;
        foreach (var range in passedOver)
        {
            if (range.First <= open.Version && open.Version <= range.Last)
                return Verdict.PassOver(range.Last);
        }

        // From a checkpoint between them, also where nobody remembers why.
        if (open.Version <= open.Progress.Skips.PassedOverTo)
            return Verdict.PassOver(open.Progress.Skips.PassedOverTo.Value);

        var wrong = WrongIn(open, ranks, norms);
        if (wrong is null)
            return default;
        if (numerics.Policy != NumericsPolicies.SkipStep)
            return Verdict.Fault($"step {open.Version}, {wrong}");
        return open.Progress.Skips.InRow < MostInRow
            ? Verdict.Skip(wrong)
            : Verdict.Fault($"step {open.Version}, {wrong}. So were the {MostInRow} steps before, which were skipped: training does not go on. Lower optimizer.lr, warm the rate up, or check the data");
    }

    private string? WrongIn(OpenStep open, IReadOnlyList<Contribution> ranks, in StepNorms norms)
    {
        var faulty = ranks.Where(r => r.NotFinite.Length > 0).ToList();
        if (faulty.Count > 0)
            return string.Join("; ", faulty.Select(r => $"rank {r.Rank}: {r.NotFinite}"));
        if (!double.IsFinite(norms.AverageSquare))
            return "the sum of the ranks' gradients is not finite";
        return numerics.OutlierFactor > 0 ? OutlierIn(open, ranks, norms.RankSquares) : null;
    }

    private string? OutlierIn(OpenStep open, IReadOnlyList<Contribution> ranks, IReadOnlyList<double> squares)
    {
        if (open.Progress.Skips.Norms?.Median is not { } median)
            return null;
        var (worst, norm) = (-1, 0.0);
        for (var rank = 0; rank < ranks.Count; rank++)
        {
            // A rank pushes its examples' part of the mean; its own mean is what compares with the whole gradient.
            var own = ranks[rank].Examples == 0 ? 0 : Math.Sqrt(squares[rank]) * open.Take / ranks[rank].Examples;
            if (own > norm)
                (worst, norm) = (rank, own);
        }

        return norm > numerics.OutlierFactor * median
            ? string.Create(CultureInfo.InvariantCulture, $"rank {ranks[worst].Rank}: the norm of its gradient, {norm:G4}, is {norm / median:G3} times the median of the last updates', {median:G4}; numerics.outlierFactor allows {numerics.OutlierFactor:R}")
            : null;
    }
}
