using System.Globalization;
using DistTrain.Cli.Display;
using DistTrain.Recipes.Studies;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace DistTrain.Cli.Studies;

/// <summary>What a batch costs: the time of an update, which is flat while the batch is small, and of the epoch that they make.</summary>
internal static class StudyTime
{
    /// <summary>What a table says of the runs of a recipe and batch.</summary>
    /// <param name="study">The study.</param>
    /// <param name="results">At least one.</param>
    public static string Of(Study study, IReadOnlyList<StudyResult> results)
    {
        List<double> times = [.. results.Select(r => r.StepMilliseconds).OfType<double>().Order()];
        if (times.Count == 0)
            return "no data";
        var update = StudyTable.Median(times);
        var epoch = EpochSeconds(results[0], update);
        return $"{Figure(update)} ms, {(epoch is { } seconds ? Figure(seconds) : "–")} s";
    }

    /// <summary>Seconds of an epoch of updates of so many milliseconds.</summary>
    public static double? EpochSeconds(StudyResult result, double milliseconds) =>
        // How many updates an epoch has, the run's own evaluation says: its last one is at its end.
        result.Evaluations is [.., { Epoch: > 0 and var epochs }] ? milliseconds / 1000 * Math.Ceiling(Math.Round(result.Steps / epochs, 6)) : null;

    /// <summary>Writes <c>time-update.svg</c> and <c>time-epoch.svg</c>, if there are such runs.</summary>
    public static void Write(Study study, IReadOnlyCollection<StudyResult> results, string folder)
    {
        var recipes = study.Timed.Select(c => c.Recipe).Distinct().ToList();
        if (!results.Any(r => recipes.Contains(r.Recipe) && r.StepMilliseconds is not null))
            return;
        Save("time of an update, ms", "time-update.svg", (_, update) => update);
        Save("time of an epoch, s", "time-epoch.svg", EpochSeconds);

        void Save(string axis, string file, Func<StudyResult, double, double?> of)
        {
            var plot = new PlotModel { Title = study.Name, Background = OxyColors.White };
            plot.Axes.Add(new LogarithmicAxis { Position = AxisPosition.Bottom, Title = "batch", MajorGridlineStyle = LineStyle.Dot });
            plot.Axes.Add(new LogarithmicAxis { Position = AxisPosition.Left, Title = axis, MajorGridlineStyle = LineStyle.Dot });
            plot.Legends.Add(new Legend { LegendPosition = LegendPosition.TopLeft });
            foreach (var recipe in recipes)
            {
                var line = new LineSeries { Title = recipe, StrokeThickness = 2, MarkerType = MarkerType.Circle };
                line.Points.AddRange(results.Where(r => r.Recipe == recipe).OrderBy(r => r.Batch)
                    .Select(r => (r.Batch, Time: r.StepMilliseconds is { } update ? of(r, update) : null))
                    .Where(p => p.Time is not null).Select(p => new DataPoint(p.Batch, p.Time!.Value)));
                plot.Series.Add(line);
            }

            PlotFile.Write(Path.Combine(folder, file), plot, 900, 500);
        }
    }
    private static string Figure(double value) => value.ToString(value >= 100 ? "N0" : value >= 10 ? "F1" : "F2", CultureInfo.InvariantCulture);
}
