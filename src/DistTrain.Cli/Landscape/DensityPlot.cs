using DistTrain.Cli.Display;
using DistTrain.Optimization.Landscape;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace DistTrain.Cli.Landscape;

/// <summary>Densities of eigenvalues as curves over a logarithmic scale, in an SVG file.</summary>
internal static class DensityPlot
{
    private const int Points = 1500;

    /// <summary>Deviation of the broadening, as a share of the picture's range.</summary>
    private const double Width = 0.004;

    /// <summary>For viewers whose letters are wider than those that were measured: what is beyond would be cut off.</summary>
    private const string Room = "\u00a0\u00a0\u00a0\u00a0";

    /// <param name="file">The picture.</param>
    /// <param name="found">What is drawn, each with shares.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(string file, IReadOnlyList<SavedDiagnosis> found)
    {
        var values = found.SelectMany(diagnosis => diagnosis.Shares).Select(node => node.Value).ToList();
        var (low, high) = (values.Min(), values.Max());
        var width = Width * Math.Max(high - low, 1e-6);
        // Below the top of a single eigenvalue there is nothing but the flank of a broadened one.
        var floor = SpectralDensity.Height(width) / found.Max(diagnosis => diagnosis.Parameters) / 2;
        double[] places = [.. Enumerable.Range(0, Points).Select(i => low - (4 * width) + ((high - low + (8 * width)) * i / (Points - 1)))];
        var plot = new PlotModel { Title = "density of eigenvalues", TitleFontSize = 12, Background = OxyColors.White };
        plot.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Title = "λ", MajorGridlineStyle = LineStyle.Dot });
        plot.Axes.Add(new LogarithmicAxis { Position = AxisPosition.Left, Minimum = floor, MajorGridlineStyle = LineStyle.Dot });
        plot.Legends.Add(new Legend { LegendPosition = LegendPosition.TopRight, LegendLineSpacing = 5 });
        foreach (var diagnosis in found)
        {
            var line = new LineSeries { Title = diagnosis.Title + Room, StrokeThickness = 1.5 };
            line.Points.AddRange(places.Zip(SpectralDensity.Of(diagnosis.Shares, places, width), (place, density) => new DataPoint(place, Math.Max(density, floor / 2))));
            plot.Series.Add(line);
        }

        PlotFile.Write(file, plot, 900, 500);
    }
}
