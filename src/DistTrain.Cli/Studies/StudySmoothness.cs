using System.Globalization;
using System.Text;
using DistTrain.Cli.Display;
using DistTrain.Recipes.Studies;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace DistTrain.Cli.Studies;

/// <summary>How much loss and gradient change along the gradients of a study's cells (1805.11604, figure 4): a row for each run, and pictures along the way.</summary>
internal static class StudySmoothness
{
    /// <summary>A row for each cell that looks along its gradients; empty where none does.</summary>
    public static string Table(Study study, IReadOnlyCollection<StudyResult> results)
    {
        if (!study.Looked.Any(cell => cell.Job.Spec.UpdateProbe.IsSmoothness))
            return "";
        var text = new StringBuilder("\nAlong the gradients of steps of each run, from half to four times the rate: of all looks the median and, in brackets, lowest and highest; ")
            .Append("how many of them were finite.\n\n")
            .Append("| run | test accuracy, % | looks | β-smoothness | largest change of the gradient, % of its norm | range of the loss |\n|---|---|---|---|---|---|\n");
        foreach (var (result, looks) in Looked(study, results))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {result.Cell} | {(result.Accuracy is { } accuracy ? StudyTable.Percent(accuracy) : result.State)} | {looks.Count} of {result.Looks!.Count} ");
            text.Append(CultureInfo.InvariantCulture, $"| {Spread(looks, look => look.Smoothness!.Beta)} | {Spread(looks, look => 100 * Change(look))} ");
            text.Append(CultureInfo.InvariantCulture, $"| {Spread(looks, look => look.Smoothness!.LossHigh - look.Smoothness.LossLow)} |\n");
        }

        return text.ToString();
    }

    /// <summary>Writes <c>smoothness.svg</c> and <c>gradient-change.svg</c>, if there are looks.</summary>
    public static void Write(Study study, IReadOnlyCollection<StudyResult> results, string folder)
    {
        var shown = Looked(study, results).Where(run => run.Looks.Count > 0).ToList();
        if (shown.Count == 0)
            return;
        Save("smoothness.svg", "β-smoothness", look => look.Smoothness!.Beta);
        Save("gradient-change.svg", "largest change of the gradient, % of its norm", look => 100 * Change(look));

        void Save(string file, string title, Func<StudyLook, double> of)
        {
            var plot = PlotFile.Empty(study.Name, new LinearAxis { Title = "step", Minimum = 0 }, new LogarithmicAxis { Title = title });
            foreach (var ((result, looks), color) in shown.Zip(OxyPalettes.HueDistinct(Math.Max(2, shown.Count)).Colors))
            {
                var line = new LineSeries { Title = result.Recipe, Color = color, StrokeThickness = 2 };
                line.Points.AddRange(looks.Select(look => new DataPoint(look.Step, of(look))));
                plot.Series.Add(line);
            }

            PlotFile.Write(Path.Combine(folder, file), plot, 900, 500);
        }
    }

    /// <summary>The runs that are there, each with its looks that were finite.</summary>
    private static IEnumerable<(StudyResult Result, IReadOnlyList<StudyLook> Looks)> Looked(Study study, IReadOnlyCollection<StudyResult> results) =>
        study.Looked.Where(cell => cell.Job.Spec.UpdateProbe.IsSmoothness)
            .Select(cell => results.FirstOrDefault(r => r.Cell == cell.Name && r.Looks is not null)).OfType<StudyResult>()
            .Select(result => (result, (IReadOnlyList<StudyLook>)[.. result.Looks!.Where(look => look.Smoothness is not null)]));

    private static double Change(StudyLook look) => look.Smoothness!.ChangeHigh / look.GradientNorm!.Value;

    private static string Spread(IReadOnlyList<StudyLook> looks, Func<StudyLook, double> of)
    {
        List<double> sorted = [.. looks.Select(of).Order()];
        return sorted.Count == 0 ? "" : $"{Figures.Number(StudyTable.Median(sorted))} ({Figures.Number(sorted[0])} to {Figures.Number(sorted[^1])})";
    }
}
