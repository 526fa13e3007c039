using System.Globalization;
using System.Text;
using DistTrain.Cli.Display;
using DistTrain.Recipes.Studies;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace DistTrain.Cli.Studies;

/// <summary>How the loss is curved along the way of a study's cells: a row for each look, and the share of positive eigenvalues against the loss.</summary>
internal static class StudyLandscape
{
    /// <summary>A row for each look at the cells that are for it.</summary>
    public static string Table(Study study, IReadOnlyCollection<StudyResult> results)
    {
        var text = new StringBuilder("| run | step | loss | gradient norm | λ_max | λ_min | edge 2/η | positive, % | negative, % |\n|---|---|---|---|---|---|---|---|---|\n");
        foreach (var result in Looked(study, results))
        {
            foreach (var (index, look) in result.Looks!.Index())
            {
                text.Append(CultureInfo.InvariantCulture, $"| {(index == 0 ? result.Cell : "")} | {look.Step} | {Figures.Number(look.Loss)} | {Figures.Number(look.GradientNorm)} ");
                text.Append(CultureInfo.InvariantCulture, $"| {Figures.Number(look.LambdaMax)} | {Figures.Number(look.LambdaMin)} | {Figures.Number(look.Edge)} ");
                text.Append(CultureInfo.InvariantCulture, $"| {Figures.Number(100 * look.Positive)} | {Figures.Number(100 * look.Negative)} |\n");
            }
        }

        return text.ToString();
    }

    /// <summary>Writes <c>minimum-ratio.svg</c>, if shares were found.</summary>
    public static void Write(Study study, IReadOnlyCollection<StudyResult> results, string folder)
    {
        List<StudyResult> shown = [.. Looked(study, results).Where(r => r.Looks!.Any(look => look.Positive is not null))];
        if (shown.Count == 0)
            return;
        var plot = PlotFile.Empty(study.Name, new LogarithmicAxis { Title = "training loss" }, new LinearAxis { Title = "minimum ratio: positive eigenvalues of all, %" });
        foreach (var (result, color) in shown.Zip(OxyPalettes.HueDistinct(shown.Count).Colors))
        {
            var line = new LineSeries { Title = result.Cell, Color = color, StrokeThickness = 1, MarkerType = MarkerType.Circle, MarkerFill = color, MarkerSize = 3 };
            line.Points.AddRange(result.Looks!.Where(look => look.Positive is not null).Select(look => new DataPoint(look.Loss, 100 * look.Positive!.Value)));
            plot.Series.Add(line);
        }

        PlotFile.Write(Path.Combine(folder, "minimum-ratio.svg"), plot, 900, 500);
    }

    private static IEnumerable<StudyResult> Looked(Study study, IReadOnlyCollection<StudyResult> results) =>
        study.Looked.Where(cell => cell.Job.Spec.UpdateProbe.IsCurvature).Select(cell => results.FirstOrDefault(r => r.Cell == cell.Name && r.Looks is not null)).OfType<StudyResult>();
}
