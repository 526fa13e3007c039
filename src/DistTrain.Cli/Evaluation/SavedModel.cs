using DistTrain.Cli.Invocation;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Checkpoints;

namespace DistTrain.Cli.Evaluation;

/// <summary>Trained weights read back from a run's folder, a checkpoint or a model file, with the job they belong to.</summary>
/// <param name="Source">The file or folder that was read.</param>
/// <param name="Step">Number of the version; null for a model file.</param>
/// <param name="JobFile">The resolved job, YAML.</param>
/// <param name="Layout">The layout they were written with.</param>
/// <param name="Vector">The flat vector.</param>
internal sealed record SavedModel(string Source, long? Step, string JobFile, ParameterLayout Layout, float[] Vector)
{
    /// <exception cref="CommandException">There is nothing to read, or it is damaged.</exception>
    public static SavedModel Read(string path)
    {
        try
        {
            return Directory.Exists(path) ? ReadCheckpoint(path) : ReadModelFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, path);
        }
        catch (Exception e) when (e is SafeTensorsException or CheckpointException or FormatException)
        {
            throw CommandException.BadInput(e.Message);
        }
    }

    private static SavedModel ReadModelFile(string path)
    {
        using var file = SafeTensorsReader.Open(path);
        var layout = file.Layout() ?? throw CommandException.BadInput($"{path}: carries no layout; it was not written by DistTrain");
        var job = file.Metadata.GetValueOrDefault(SafeTensorsWriter.JobKey) ?? throw CommandException.BadInput($"{path}: carries no job; it was not written by DistTrain");
        var vector = new float[layout.Length];
        file.Fill(layout, vector);
        return new SavedModel(path, null, job, layout, vector);
    }

    private static SavedModel ReadCheckpoint(string path)
    {
        var (folder, manifest) = CheckpointReader.Find(path);
        return new SavedModel(folder, manifest.Step, manifest.JobFile, LayoutJson.Read(manifest.Layout), CheckpointReader.ReadVector(folder, manifest));
    }
}
