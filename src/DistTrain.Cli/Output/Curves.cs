using DistTrain.Protocol;
using DistTrain.Protocol.Formats;
using DistTrain.Protocol.TensorBoard;

namespace DistTrain.Cli.Output;

/// <summary>Writes a folder's history anew as a file for TensorBoard: whatever was cut back in the history is not in the file either.</summary>
internal static class Curves
{
    /// <param name="folder">A run's, or one that was downloaded; without a history nothing is written.</param>
    /// <param name="error">Told why there are none.</param>
    public static void Write(string folder, TextWriter error)
    {
        var history = new FileInfo(Path.Combine(folder, MetricsLine.FileName));
        if (!history.Exists)
            return;
        var path = Path.Combine(folder, EventFile.Name);
        var temporary = path + ".part";
        try
        {
            List<MetricsLine> lines = [.. MetricsLine.ReadAll(history.FullName)];
            foreach (var problem in lines.Select(line => line.Problem).OfType<string>())
                error.WriteLine($"warning: {problem}");
            var events = lines.Select(line => line.Event).OfType<MetricsEvent>().ToList();
            using (var file = File.Create(temporary))
                EventFile.Write(file, events, new DateTimeOffset(history.LastWriteTimeUtc));
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UnknownFormatException)
        {
            // The run is what it is without them.
            error.WriteLine($"no curves for TensorBoard in {folder}: {e.Message}");
        }
    }
}
