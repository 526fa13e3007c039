using System.Globalization;
using DistTrain.Cli.Invocation;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;

namespace DistTrain.Cli.Evaluation;

/// <summary>Trained weights read back from a run's folder, a checkpoint or a model file, with the job they belong to.</summary>
/// <param name="Source">The file or folder that was read.</param>
/// <param name="Step">Number of the version; null for a model file.</param>
/// <param name="JobFile">The resolved job, YAML.</param>
/// <param name="Layout">The layout they were written with.</param>
/// <param name="Vector">The flat vector.</param>
internal sealed record SavedModel(string Source, long? Step, string JobFile, ParameterLayout Layout, float[] Vector)
{
    /// <summary>Where the version stands in the data; of a model file, which does not say, the start.</summary>
    public Position Position { get; init; } = Position.Start();

    /// <summary>Of the data that the weights were trained on; null for a model file, which does not say.</summary>
    public string? DataFingerprint { get; init; }

    /// <summary>The folder that its files lie in: the run's, of a <c>step-N</c> in a run's checkpoints too.</summary>
    public string Home =>
        Step is null ? Path.GetDirectoryName(Path.GetFullPath(Source))!
        : Path.GetDirectoryName(Path.GetFullPath(Source)) is { } above && Path.GetFileName(above) == "checkpoints" ? Path.GetDirectoryName(above)!
        : Path.GetFullPath(Source);

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

    /// <summary>Weights of which every element is finite; all tensors that are not are named at once.</summary>
    /// <exception cref="CommandException">They can't be read, or some are not.</exception>
    public static SavedModel ReadFinite(string path)
    {
        var saved = Read(path);
        var problems = saved.Layout.Segments
            .Select(segment => (segment.Name, First: saved.Vector.AsSpan(segment.Offset, segment.Length).IndexOfAnyExceptInRange(float.MinValue, float.MaxValue), segment.Offset))
            .Where(found => found.First >= 0)
            .Select(found => string.Create(CultureInfo.InvariantCulture, $"{saved.Source}: element {found.First} of {found.Name} is {saved.Vector[found.Offset + found.First]}; at weights that are not finite there is no loss to look at"))
            .ToList();
        return problems.Count == 0 ? saved : throw CommandException.BadInput(problems);
    }

    /// <summary>The job that the weights belong to, with overrides.</summary>
    /// <exception cref="CommandException">With every problem of the overrides.</exception>
    public TrainingSpec ReadSpec(IReadOnlyList<string> overrides)
    {
        var read = Recipes.Files.JobFile.Read(JobFile, Source, overrides);
        return read.Job?.Spec ?? throw CommandException.BadInput([.. read.Problems.Select(p => p.ToString())]);
    }

    /// <summary>The model, for examples of these data.</summary>
    /// <exception cref="CommandException">The weights are of another model, or the data not for it.</exception>
    /// <exception cref="ModelException">A layer does not fit the data.</exception>
    public ModelBlueprint ModelFor(TrainingSpec spec, ExampleSet data)
    {
        var model = ModelFor(spec, data.Shape);
        if (spec.Dataset.Regression is not null && model.Classes != 1)
            throw CommandException.BadInput($"{Source}: the model gives {model.Classes} scores, and {TaskNames.Regression} takes one; leave task.name out");
        return data.Classes <= model.Classes ? model : throw CommandException.BadInput(
            $"{Source}: the model has {model.Classes} classes, and the data have a label {data.Classes - 1}; give data of classes 0 to {model.Classes - 1}");
    }

    /// <summary>The model, for examples of this shape.</summary>
    /// <exception cref="CommandException">The weights are of another model.</exception>
    /// <exception cref="ModelException">A layer does not fit the shape.</exception>
    public ModelBlueprint ModelFor(TrainingSpec spec, IReadOnlyList<int> shape) => ModelBlueprint.OfSaved(spec, shape, Layout) ?? throw CommandException.BadInput(
        $"{Source}: these weights are not of this model for examples of shape [{string.Join(", ", shape)}]; --set may change the data, not the model");

    private static SavedModel ReadModelFile(string path)
    {
        using var file = SafeTensorsReader.Open(path);
        var layout = file.Layout() ?? throw CommandException.BadInput($"{path}: carries no layout: another program wrote it, or export under other names; give the run, or start a job from it (spec.from.file)");
        var job = file.Metadata.GetValueOrDefault(SafeTensorsWriter.JobKey) ?? throw CommandException.BadInput($"{path}: carries no job; it was not written by DistTrain");
        var vector = new float[layout.Length];
        file.Fill(layout, vector);
        return new SavedModel(path, null, job, layout, vector);
    }

    private static SavedModel ReadCheckpoint(string path)
    {
        var (folder, manifest) = CheckpointReader.Find(path);
        return new SavedModel(folder, manifest.Step, manifest.JobFile, LayoutJson.Read(manifest.Layout), CheckpointReader.ReadVector(folder, manifest))
        {
            Position = manifest.Position,
            DataFingerprint = manifest.DataFingerprint,
        };
    }
}
