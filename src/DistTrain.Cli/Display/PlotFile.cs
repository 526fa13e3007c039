using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;

namespace DistTrain.Cli.Display;

/// <summary>A plot as an SVG file.</summary>
internal static class PlotFile
{
    /// <summary>A plot without a line yet, its legend beside it.</summary>
    /// <param name="title">Above it.</param>
    /// <param name="x">Axis below.</param>
    /// <param name="y">Axis to the left.</param>
    public static PlotModel Empty(string title, Axis x, Axis y)
    {
        var plot = new PlotModel { Title = title, Background = OxyColors.White, Padding = new OxyThickness(8) };
        (x.Position, y.Position) = (AxisPosition.Bottom, AxisPosition.Left);
        x.MajorGridlineStyle = y.MajorGridlineStyle = LineStyle.Dot;
        plot.Axes.Add(x);
        plot.Axes.Add(y);
        // The legend's text is wider where it is shown than it was measured, and what leaves its box is cut off.
        plot.Legends.Add(new Legend { LegendPlacement = LegendPlacement.Outside, LegendPosition = LegendPosition.RightTop, LegendPadding = 28 });
        return plot;
    }

    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(string file, PlotModel plot, int width, int height)
    {
        // In memory first: of a disk without room OxyPlot's writer says that it is closed.
        using var picture = new MemoryStream();
        new SvgExporter { Width = width, Height = height }.Export(plot, picture);
        File.WriteAllBytes(file, picture.ToArray());
    }
}
