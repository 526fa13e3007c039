using OxyPlot;

namespace DistTrain.Cli.Display;

/// <summary>A plot as an SVG file.</summary>
internal static class PlotFile
{
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
