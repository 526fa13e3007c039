using DistTrain.Cli.Display;
using DistTrain.Cli.Output;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace DistTrain.Cli.Landscape;

/// <summary>The loss along a line as a curve, over a plane as colours with contours, in an SVG file.</summary>
internal static class SlicePlot
{
    private const int Levels = 16;

    /// <param name="file">The picture.</param>
    /// <param name="title">What it is of.</param>
    /// <param name="axis">What α is.</param>
    /// <param name="points">By α, then β.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(string file, string title, string axis, IReadOnlyList<LossEvent> points)
    {
        var plot = new PlotModel { Title = title, TitleFontSize = 12, Background = OxyColors.White };
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = axis, MajorGridlineStyle = LineStyle.Dot });
        var isPlane = points[0].Beta is not null;
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Left, Title = isPlane ? "β" : "loss", MajorGridlineStyle = LineStyle.Dot });
        if (isPlane)
            Plane(plot, points);
        else
            plot.Series.Add(Curve(points));
        PlotFile.Write(file, plot, isPlane ? 700 : 800, isPlane ? 600 : 450);
    }

    private static LineSeries Curve(IReadOnlyList<LossEvent> points)
    {
        var line = new LineSeries { Color = OxyColors.SteelBlue, StrokeThickness = 2 };
        line.Points.AddRange(points.Where(point => double.IsFinite(point.Loss)).Select(point => new DataPoint(point.Alpha, point.Loss)));
        return line;
    }

    private static void Plane(PlotModel plot, IReadOnlyList<LossEvent> points)
    {
        double[] alphas = [.. points.Select(point => point.Alpha).Distinct()];
        double[] betas = [.. points.Select(point => point.Beta!.Value).Distinct()];
        var highest = points.Where(point => double.IsFinite(point.Loss)).Select(point => point.Loss).DefaultIfEmpty(0).Max();
        var lowest = points.Where(point => double.IsFinite(point.Loss)).Select(point => point.Loss).DefaultIfEmpty(0).Min();
        var data = new double[alphas.Length, betas.Length];
        foreach (var (index, point) in points.Index())
            data[index / betas.Length, index % betas.Length] = double.IsFinite(point.Loss) ? point.Loss : highest;
        plot.Axes.Add(new LinearColorAxis { Position = AxisPosition.Right, Title = "loss", Palette = OxyPalettes.Viridis(Levels * Levels) });
        // Each point is the middle of a rectangle of its colour.
        plot.Series.Add(new HeatMapSeries
        {
            X0 = alphas[0],
            X1 = alphas[^1],
            Y0 = betas[0],
            Y1 = betas[^1],
            Data = data,
            Interpolate = false,
            RenderMethod = HeatMapRenderMethod.Rectangles,
        });
        plot.Series.Add(new ContourSeries
        {
            ColumnCoordinates = alphas,
            RowCoordinates = betas,
            Data = data,
            // Closer at the bottom, where the valley is.
            ContourLevels = [.. Enumerable.Range(1, Levels).Select(level => lowest + ((highest - lowest) * level * level / ((Levels + 1.0) * (Levels + 1.0))))],
            Color = OxyColors.White,
        });
    }
}
