using System.Globalization;
using System.Text;
using DistTrain.Cli.Display;
using DistTrain.Recipes.Studies;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace DistTrain.Cli.Studies;

/// <summary>How sharp the places are where runs have ended, beside how well they do.</summary>
internal static class StudySharpness
{
    private static readonly IReadOnlyList<(string Name, Func<StudyDiagnosis, double?> Of)> Measures =
    [
        ("λ_max", look => look.LambdaMax),
        ("sharpness", look => Rise(look, "full")),
        ("in a subspace", look => Rise(look, "subspace")),
        ("adaptive", look => Rise(look, "adaptive")),
    ];

    /// <summary>A row for each recipe and batch; empty where nothing was looked at.</summary>
    public static string Table(Study study, IReadOnlyCollection<StudyResult> results)
    {
        List<StudyResult> looked = [.. results.Where(r => r.Diagnosis is not null)];
        if (looked.Count == 0)
            return "";
        var text = new StringBuilder("\nAt the weights that runs ended with, of several seeds the median and, in brackets, lowest and highest.\n\n");
        text.Append("| recipe, batch | epochs | of the examples looked at right, % | test accuracy, % |").AppendJoin("", Measures.Select(m => $" {m.Name} |")).Append('\n');
        text.Append("|---|---|---|---|").AppendJoin("", Measures.Select(_ => "---|")).Append('\n');
        foreach (var (recipe, batch) in study.Cells.Select(c => (c.Recipe, c.Batch)).Distinct())
        {
            List<StudyResult> found = [.. looked.Where(r => r.Recipe == recipe && r.Batch == batch)];
            if (found.Count == 0)
                continue;
            text.Append(CultureInfo.InvariantCulture, $"| {recipe}, {batch:N0} | {Spread(found, r => r.Evaluations is [.., { Epoch: var epochs }] ? epochs : null)}")
                .Append(CultureInfo.InvariantCulture, $" | {Spread(found, r => 100 * r.Diagnosis!.Accuracy)} | {Spread(found, r => 100 * r.Accuracy)} |")
                .AppendJoin("", Measures.Select(m => $" {Spread(found, r => m.Of(r.Diagnosis!))} |")).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Writes <c>sharpness.svg</c>, test accuracy over each measure, if sharpness was looked for.</summary>
    public static void Write(Study study, IReadOnlyCollection<StudyResult> results, string folder)
    {
        List<StudyResult> looked = [.. results.Where(r => r is { Diagnosis.Sharpness: not null, Accuracy: not null })];
        if (looked.Count == 0)
            return;
        var plot = PlotFile.Empty(study.Name, new LogarithmicAxis { Title = "λ_max, sharpness" }, new LinearAxis { Title = "test accuracy, %" });
        var kinds = study.Cells.Select(c => (c.Recipe, c.Batch)).Distinct().ToList();
        MarkerType[] markers = [MarkerType.Circle, MarkerType.Square, MarkerType.Triangle, MarkerType.Diamond];
        foreach (var ((name, of), color) in Measures.Zip(OxyPalettes.HueDistinct(Measures.Count).Colors))
        {
            foreach (var (index, (recipe, batch)) in kinds.Index())
            {
                var series = new ScatterSeries
                {
                    Title = string.Create(CultureInfo.InvariantCulture, $"{name}: {recipe}, {batch:N0}"),
                    MarkerType = markers[index % markers.Length],
                    MarkerFill = color,
                    MarkerSize = 5,
                };
                series.Points.AddRange(looked.Where(r => r.Recipe == recipe && r.Batch == batch)
                    .Select(r => (Value: of(r.Diagnosis!), r.Accuracy)).Where(p => p.Value > 0).Select(p => new ScatterPoint(p.Value!.Value, 100 * p.Accuracy!.Value)));
                if (series.Points.Count > 0)
                    plot.Series.Add(series);
            }
        }

        PlotFile.Write(Path.Combine(folder, "sharpness.svg"), plot, 900, 500);
    }

    private static double? Rise(StudyDiagnosis look, string box) => look.Sharpness?.FirstOrDefault(rise => rise.Box == box)?.Sharpness;

    private static string Spread(IReadOnlyList<StudyResult> results, Func<StudyResult, double?> of)
    {
        List<double> sorted = [.. results.Select(of).OfType<double>().Order()];
        return sorted.Count switch
        {
            0 => "no data",
            1 => Figures.Number(sorted[0]),
            _ => $"{Figures.Number(StudyTable.Median(sorted))} ({Figures.Number(sorted[0])} to {Figures.Number(sorted[^1])})",
        };
    }
}
