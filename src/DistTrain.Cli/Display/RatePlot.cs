using DistTrain.Optimization.Schedules;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace DistTrain.Cli.Display;

/// <summary>Learning rates over epochs as an SVG file.</summary>
internal static class RatePlot
{
    /// <summary>Points of the curve, about: more cannot be told apart.</summary>
    private const int Points = 2000;

    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(string file, string title, RateCurve curve)
    {
        var line = new LineSeries { Color = OxyColors.SteelBlue, StrokeThickness = 2 };
        foreach (var point in curve.From(0, Math.Max(1, curve.TotalSteps / Points)).Append(curve.At(curve.TotalSteps - 1)))
            line.Points.Add(new DataPoint(point.Epoch, point.Rate));

        var plot = new PlotModel { Title = title, Background = OxyColors.White };
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = "epoch", Minimum = 0, MajorGridlineStyle = LineStyle.Dot });
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Left, Title = "learning rate", Minimum = 0, MajorGridlineStyle = LineStyle.Dot });
        plot.Series.Add(line);
        PlotFile.Write(file, plot, 800, 450);
    }
}
