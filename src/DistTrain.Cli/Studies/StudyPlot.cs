using System.Globalization;
using DistTrain.Recipes.Studies;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace DistTrain.Cli.Studies;

/// <summary>Test accuracy by epoch of each recipe at one batch as an SVG file, beside the smallest batch of the study.</summary>
internal static class StudyPlot
{
    /// <summary>Writes <c>curves-BATCH.svg</c> for every batch that has results.</summary>
    public static void Write(Study study, IReadOnlyCollection<StudyResult> results, string folder)
    {
        var smallest = study.Cells.Min(c => c.Batch);
        foreach (var batch in results.Select(r => r.Batch).Distinct().Where(b => b != smallest))
        {
            var plot = new PlotModel { Title = $"{study.Name}, batch {batch.ToString("N0", CultureInfo.InvariantCulture)}", Background = OxyColors.White };
            plot.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = "epoch", Minimum = 0, MajorGridlineStyle = LineStyle.Dot });
            plot.Axes.Add(new LinearAxis { Position = AxisPosition.Left, Title = "test accuracy, %", Minimum = 80, Maximum = 100, MajorGridlineStyle = LineStyle.Dot });
            plot.Legends.Add(new Legend { LegendPosition = LegendPosition.BottomRight });
            foreach (var result in results.Where(r => (r.Batch == batch || r.Batch == smallest) && r.Seed == study.Cells[0].Seed))
            {
                var line = new LineSeries { Title = $"{result.Recipe}, {result.Batch.ToString("N0", CultureInfo.InvariantCulture)}", StrokeThickness = 2 };
                line.Points.AddRange(result.Evaluations.Select(e => new DataPoint(e.Epoch, 100 * e.Accuracy)));
                plot.Series.Add(line);
            }

            using var stream = File.Create(Path.Combine(folder, $"curves-{batch.ToString(CultureInfo.InvariantCulture)}.svg"));
            new SvgExporter { Width = 900, Height = 500 }.Export(plot, stream);
        }
    }
}
