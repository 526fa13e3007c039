using System.Globalization;
using System.Text;
using DistTrain.Cli.Display;
using DistTrain.Optimization.Landscape;
using DistTrain.Recipes.Studies;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace DistTrain.Cli.Studies;

/// <summary>
/// Branches from one checkpoint that differ in the batch (2505.23971): how much the loss at their end is above that of the smallest batch, seed by seed, and
/// the largest batch that loses nothing within the error of the seeds.
/// </summary>
internal static class StudyForks
{
    /// <summary>How often an error covers the truth.</summary>
    private const double Confidence = 0.95;

    /// <summary>A row for each recipe that forks; empty where there is none.</summary>
    public static string Table(Study study, IReadOnlyCollection<StudyResult> results)
    {
        var forks = Of(study, results);
        if (forks.Count == 0)
            return "";
        var batches = forks.SelectMany(fork => fork.Losses.Keys).Distinct().Order().ToList();
        var text = new StringBuilder("\nLoss at the end of branches less that of the smallest batch's branch of the same seed, in thousandths: mean over seeds and its error at 95 %. ")
            .Append("Behind them the largest batch up to which none is above 0 by more than its error, and what the noise scale had said at the fork, of the seeds' median.\n\n")
            .Append("| fork |").AppendJoin("", batches.Select(b => string.Create(CultureInfo.InvariantCulture, $" {b:N0} |"))).Append(" loses nothing | predicted |\n")
            .Append("|---|").AppendJoin("", batches.Select(_ => "---|")).Append("---|---|\n");
        foreach (var fork in forks)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {fork.Recipe} |").AppendJoin("", batches.Select(b => $" {(fork.Losses.TryGetValue(b, out var loss) ? Text(loss) : "")} |"))
                .Append(CultureInfo.InvariantCulture, $" {fork.Largest:N0} | {(fork.Predicted is { } predicted ? predicted.ToString("N0", CultureInfo.InvariantCulture) : "no data")} |\n");
        }

        return text.ToString();
    }

    /// <summary>Writes <c>forks.svg</c>, the differences by batch, if there are forks.</summary>
    public static void Write(Study study, IReadOnlyCollection<StudyResult> results, string folder)
    {
        var forks = Of(study, results);
        if (forks.Count == 0)
            return;
        var plot = PlotFile.Empty(study.Name, new LogarithmicAxis { Title = "batch; behind a fork, what the noise scale predicted there", Base = 2 }, new LinearAxis { Title = "loss above the smallest batch's" });
        foreach (var (fork, color) in forks.Zip(OxyPalettes.HueDistinct(Math.Max(2, forks.Count)).Colors))
        {
            var line = new LineSeries { Title = $"{fork.Recipe} ({fork.Predicted?.ToString("N0", CultureInfo.InvariantCulture) ?? "–"})", Color = color, StrokeThickness = 2, MarkerType = MarkerType.Circle };
            line.Points.AddRange(fork.Losses.Select(loss => new DataPoint(loss.Key, loss.Value.Value)));
            plot.Series.Add(line);
            var bars = new ScatterErrorSeries { MarkerType = MarkerType.None, ErrorBarColor = color };
            bars.Points.AddRange(fork.Losses.Where(loss => double.IsFinite(loss.Value.Error)).Select(loss => new ScatterErrorPoint(loss.Key, loss.Value.Value, 0, 2 * loss.Value.Error)));
            plot.Series.Add(bars);
        }

        PlotFile.Write(Path.Combine(folder, "forks.svg"), plot, 900, 500);
    }

    /// <summary>What is known of each recipe that forks.</summary>
    private static IReadOnlyList<Fork> Of(Study study, IReadOnlyCollection<StudyResult> results)
    {
        var found = new List<Fork>();
        foreach (var cells in study.Cells.Where(c => c.Fork is not null).GroupBy(c => c.Recipe))
        {
            var own = results.Where(r => r.Recipe == cells.Key && r.Evaluations is [.., { Loss: not null }]).ToList();
            var smallest = cells.Min(c => c.Batch);
            var first = own.Where(r => r.Batch == smallest).ToDictionary(r => r.Seed, End);
            if (first.Count == 0)
                continue;
            var losses = own.Where(r => first.ContainsKey(r.Seed)).GroupBy(r => r.Batch).OrderBy(g => g.Key)
                .ToDictionary(g => g.Key, g => g.Key == smallest ? new Estimate(0, 0) : Estimate.Of([.. g.Select(r => End(r) - first[r.Seed])], Confidence));
            List<double> predicted = [.. cells.Select(c => c.Fork!).Distinct()
                .Select(fork => results.FirstOrDefault(r => r.Cell == fork.Cell)?.Predictions?.FirstOrDefault(p => p.Step == fork.Step)?.CriticalBatch)
                .OfType<long>().Select(batch => (double)batch).Order()];
            found.Add(new Fork(
                cells.Key,
                losses,
                // Of one seed there is no error yet, and nothing is said.
                losses.TakeWhile(loss => double.IsFinite(loss.Value.Error) && loss.Value.Value <= loss.Value.Error).Last().Key,
                predicted.Count == 0 ? null : StudyTable.Median(predicted)));
        }

        return found;
    }

    private static double End(StudyResult result) => result.Evaluations[^1].Loss!.Value;

    private static string Text(Estimate loss) => loss is { Value: 0, Error: 0 } ? "0"
        : string.Create(CultureInfo.InvariantCulture, $"{1000 * loss.Value:0.0}{(double.IsFinite(loss.Error) ? $" ± {1000 * loss.Error:0.0}" : "")}");

    /// <param name="Recipe">Its name.</param>
    /// <param name="Losses">Above the smallest batch's, by batch, ascending.</param>
    /// <param name="Largest">The largest batch that loses nothing.</param>
    /// <param name="Predicted">By the noise scale at the fork.</param>
    private sealed record Fork(string Recipe, IReadOnlyDictionary<int, Estimate> Losses, int Largest, double? Predicted);
}
