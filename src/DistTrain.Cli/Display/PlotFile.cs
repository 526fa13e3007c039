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
        plot.Legends.Add(new Legend { LegendPlacement = LegendPlacement.Outside, LegendPosition = LegendPosition.RightTop, LegendPadding = 8 });
        return plot;
    }

    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(string file, PlotModel plot, int width, int height)
    {
        // In memory first: of a disk without room OxyPlot's writer says that it is closed.
        using var picture = new MemoryStream();
        new SvgExporter { Width = width, Height = height, TextMeasurer = new WidestText() }.Export(plot, picture);
        File.WriteAllBytes(file, picture.ToArray());
    }

    /// <summary>
    /// Measures text as the widest font draws it that may stand in for the one of the plot. OxyPlot measures by Helvetica; where there is only DejaVu Sans the same
    /// text is up to a quarter wider, and what leaves a legend's box is cut off.
    /// </summary>
    private sealed class WidestText() : PdfRenderContext(1, 1, OxyColors.White)
    {
        private const double Wider = 1.25;

        public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight)
        {
            var measured = base.MeasureText(text, fontFamily, fontSize, fontWeight);
            return new OxySize(measured.Width * Wider, measured.Height);
        }
    }
}
