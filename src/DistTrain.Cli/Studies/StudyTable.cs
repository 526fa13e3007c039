using System.Globalization;
using System.Text;
using DistTrain.Recipes.Studies;

namespace DistTrain.Cli.Studies;

/// <summary>The results of a study as Markdown: recipes by batches, median and spread over seeds.</summary>
internal static class StudyTable
{
    public static string Markdown(Study study, IReadOnlyCollection<StudyResult> results)
    {
        var text = new StringBuilder($"{study.Summary}\n");
        if (study.Compared.Any())
        {
            var chosenBy = results.Any(r => r.ValidationAccuracy is not null)
                ? "Accuracy in % on what is set apart of the training set, by which to choose; behind it that of the test set, which no choice has seen; wall time in s"
                : "Test accuracy in %, wall time in s";
            text.Append(CultureInfo.InvariantCulture, $"\n{chosenBy}; of several seeds the median and, in brackets, lowest and highest.\n\n").Append(Table(study.Compared, results, Cell));
        }

        if (study.Compared.Any(cell => cell.Job.Spec.Dataset.HasTokens))
        {
            text.Append("\nLoss of a token in nats after the last epoch, on the same set as the first of the accuracies above.\n\n")
                .Append(Table(study.Compared, results, Loss));
        }

        if (study.Target is { } target && study.Compared.Any())
        {
            text.Append(CultureInfo.InvariantCulture, $"\nUpdates and epochs until {Percent(target)} % at the end of an epoch, of the seeds' median; a run that does not get there has no data.\n\n")
                .Append(Table(study.Compared, results, found => StudyTarget.Of(study, target, found)));
        }

        if (study.Timed.Any())
            text.Append("\nTime of an update in ms (the median of a run's second half), and of the epoch that they make in s.\n\n").Append(Table(study.Timed, results, found => StudyTime.Of(study, found)));
        if (study.Looked.Any(cell => cell.Job.Spec.UpdateProbe.IsCurvature))
            text.Append("\nCurvature after steps of each run; positive is the share of positive eigenvalues, the minimum ratio.\n\n").Append(StudyLandscape.Table(study, results));
        return text.Append(StudySmoothness.Table(study, results)).Append(StudySharpness.Table(study, results)).Append(StudyForks.Table(study, results)).ToString();
    }

    /// <summary>Rows of recipes, columns of batches.</summary>
    private static string Table(IEnumerable<StudyCell> cells, IReadOnlyCollection<StudyResult> results, Func<IReadOnlyList<StudyResult>, string> show)
    {
        List<StudyCell> shown = [.. cells];
        var batches = shown.Select(c => c.Batch).Distinct().Order().ToList();
        var text = new StringBuilder("| recipe |").AppendJoin("", batches.Select(b => $" {b.ToString("N0", CultureInfo.InvariantCulture)} |")).Append('\n');
        text.Append("|---|").AppendJoin("", batches.Select(_ => "---|")).Append('\n');
        foreach (var recipe in shown.Select(c => c.Recipe).Distinct())
        {
            text.Append($"| {recipe} |");
            foreach (var batch in batches)
            {
                List<StudyResult> found = [.. results.Where(r => r.Recipe == recipe && r.Batch == batch)];
                text.Append($" {(found.Count == 0 ? "" : show(found))} |");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Cell(IReadOnlyList<StudyResult> results)
    {
        var accuracies = results.Select(r => r.Accuracy).OfType<double>().Order().ToList();
        if (accuracies.Count == 0)
            return "diverged";
        var validations = results.Select(r => r.ValidationAccuracy).OfType<double>().Order().ToList();
        var text = validations.Count == 0 ? Spread(accuracies) : $"{Spread(validations)}, test {Spread(accuracies)}";
        if (accuracies.Count < results.Count)
            text += $", {results.Count - accuracies.Count} diverged";
        return $"{text}, {Median([.. results.Select(r => r.Seconds).Order()]).ToString("F0", CultureInfo.InvariantCulture)} s";
    }

    /// <summary>Of text an accuracy tells little.</summary>
    private static string Loss(IReadOnlyList<StudyResult> results)
    {
        var losses = results.Where(r => r.Accuracy is not null).Select(r => r.Evaluations is [.., { Loss: { } last }] ? last : (double?)null).OfType<double>().Order().ToList();
        return losses switch
        {
            [] => "no data",
            [var only] => Nats(only),
            _ => $"{Nats(Median(losses))} ({Nats(losses[0])} to {Nats(losses[^1])})",
        };

        static string Nats(double loss) => loss.ToString("F3", CultureInfo.InvariantCulture);
    }

    private static string Spread(IReadOnlyList<double> sorted) =>
        sorted.Count == 1 ? Percent(sorted[0]) : $"{Percent(Median(sorted))} ({Percent(sorted[0])} to {Percent(sorted[^1])})";

    internal static double Median(IReadOnlyList<double> sorted) =>
        sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;

    internal static string Percent(double share) => (share * 100).ToString("F2", CultureInfo.InvariantCulture);
}
