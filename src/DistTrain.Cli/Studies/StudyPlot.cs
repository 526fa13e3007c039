using System.Globalization;
using DistTrain.Cli.Display;
using DistTrain.Recipes.Studies;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace DistTrain.Cli.Studies;

/// <summary>
/// Accuracy on the set that versions are evaluated on, and training loss beside theirs, by epoch of each recipe at one batch as SVG files, beside the smallest batch of the study; of the
/// first seed.
/// </summary>
internal static class StudyPlot
{
    /// <summary>Share of the test set from which on differences are drawn large, %.</summary>
    private const double High = 80;

    /// <summary>Writes <c>curves-BATCH.svg</c> and, where losses were kept, <c>loss-BATCH.svg</c> for every batch that has results.</summary>
    public static void Write(Study study, IReadOnlyCollection<StudyResult> results, string folder)
    {
        var batches = study.Compared.Select(c => c.Batch).Distinct().Order().ToList();
        var recipes = study.Compared.Select(c => c.Recipe).ToHashSet();
        results = [.. results.Where(r => recipes.Contains(r.Recipe))];
        foreach (var batch in results.Select(r => r.Batch).Distinct().Where(b => b != batches[0] || batches.Count == 1))
        {
            List<StudyResult> shown = [.. results.Where(r => (r.Batch == batch || r.Batch == batches[0]) && r.Seed == study.Cells[0].Seed)];
            Save(Accuracy(study, batch, shown), folder, $"curves-{batch.ToString(CultureInfo.InvariantCulture)}.svg");
            if (shown.Exists(r => r.Evaluations.Any(e => e.Loss is not null)))
                Save(Loss(study, batch, shown), folder, $"loss-{batch.ToString(CultureInfo.InvariantCulture)}.svg");
        }
    }

    private static PlotModel Accuracy(Study study, int batch, IReadOnlyList<StudyResult> results)
    {
        // Most end high: what does not lies below the picture.
        var ends = results.Select(r => 100 * (r.Accuracy ?? 0)).Order().ToList();
        var plot = Empty(study, batch, $"{SetOf(study)} accuracy, %");
        plot.Axes[1].Maximum = 100;
        if (ends.Count > 0 && ends[ends.Count / 2] > High)
            plot.Axes[1].Minimum = High;
        foreach (var (result, color) in results.Zip(Colors(results.Count)))
            plot.Series.Add(Line(Title(study, result), color, LineStyle.Solid, result.Evaluations.Select(e => new DataPoint(e.Epoch, 100 * e.Accuracy))));
        return plot;
    }

    private static PlotModel Loss(Study study, int batch, IReadOnlyList<StudyResult> results)
    {
        var plot = Empty(study, batch, "loss");
        plot.Axes[1].Minimum = 0;
        foreach (var (result, color) in results.Zip(Colors(results.Count)))
        {
            var test = Line($"{Title(study, result)}, {SetOf(study)}", color, LineStyle.Solid, result.Evaluations.Where(e => e.Loss is not null).Select(e => new DataPoint(e.Epoch, e.Loss!.Value)));
            var train = Line($"{Title(study, result)}, training", color, LineStyle.Dash, result.Evaluations.Where(e => e.TrainLoss is not null).Select(e => new DataPoint(e.Epoch, e.TrainLoss!.Value)));
            plot.Series.Add(test);
            plot.Series.Add(train);
        }

        return plot;
    }

    private static PlotModel Empty(Study study, int batch, string axis) => PlotFile.Empty(
        $"{study.Name}, batch {batch.ToString("N0", CultureInfo.InvariantCulture)}", new LinearAxis { Title = "epoch", Minimum = 0 }, new LinearAxis { Title = axis });

    /// <summary>What versions were evaluated on.</summary>
    private static string SetOf(Study study) => study.Cells[0].Job.Spec.Dataset.Validation is null ? "test" : "validation";

    /// <summary>As far apart as so many can be.</summary>
    private static IList<OxyColor> Colors(int count) => OxyPalettes.HueDistinct(Math.Max(count, 1)).Colors;

    private static string Title(Study study, StudyResult result) =>
        study.Compared.Select(c => c.Batch).Distinct().Count() == 1 ? result.Recipe : $"{result.Recipe}, {result.Batch.ToString("N0", CultureInfo.InvariantCulture)}";

    private static LineSeries Line(string title, OxyColor color, LineStyle style, IEnumerable<DataPoint> points)
    {
        var line = new LineSeries { Title = title, Color = color, StrokeThickness = 2, LineStyle = style };
        line.Points.AddRange(points);
        return line;
    }

    private static void Save(PlotModel plot, string folder, string file) => PlotFile.Write(Path.Combine(folder, file), plot, 900, 500);
}
