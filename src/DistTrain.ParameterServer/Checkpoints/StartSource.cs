using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Recipes;
using DistTrain.Recipes.Models;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>Something saved that a job may start from.</summary>
/// <param name="path">Its file or folder.</param>
internal abstract class StartSource(string path) : IDisposable
{
    public string Path { get; } = path;

    /// <summary>The job that saved it, the step that waits there, and the data; null: it has weights and nothing else.</summary>
    public abstract SavedCourse? Saved { get; }

    /// <summary>What is at a path, the newest checkpoint first.</summary>
    /// <param name="plan">Of the job, which says what it is.</param>
    /// <param name="path">Where it is.</param>
    /// <exception cref="CheckpointException">Nothing is, or it can't be used.</exception>
    /// <exception cref="SafeTensorsException">It is no model file.</exception>
    /// <exception cref="Protocol.Formats.UnknownFormatException">It is of another format.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static IEnumerable<StartSource> Of(PartitionPlan plan, string path)
    {
        var from = plan.Job.Spec.From!;
        if (File.Exists(path))
            return [new StartingModel(path, KnownNames.Of(from.Names, plan.Job.Spec.Model, plan.Layout))];
        if (from.IsFile)
            throw new CheckpointException($"there is no file {path}; give the path of a .safetensors file, as the servers see it");
        if (!Directory.Exists(path))
            throw new CheckpointException($"there is nothing at {path}; give the path of a checkpoint or a model file, as the servers see it");
        List<string> checkpoints = [.. CheckpointReader.All(path)];
        return checkpoints.Count > 0
            ? checkpoints.Select(folder => new StartingCheckpoint(folder))
            : throw new CheckpointException($"there is no checkpoint in {path}; give a step-N folder with its {CheckpointManifest.FileName}, a run's folder, or a model file");
    }

    /// <summary>Which tensors are not those of a model, one line each; empty: all are.</summary>
    public abstract IReadOnlyList<string> Differences(ParameterLayout layout);

    /// <summary>Tensors with numbers that are not finite, of a source that differs and so can't be read whole, as far as it says which they are.</summary>
    public virtual IReadOnlyList<string> NotFinite(ParameterLayout layout) => [];

    /// <summary>A whole vector in the order of a layout, padding 0.</summary>
    /// <param name="layout">A model that it does not differ from.</param>
    /// <param name="vector">0: the weights; from 1 on, the optimizer's slots.</param>
    public abstract float[] Read(ParameterLayout layout, int vector);

    public abstract void Dispose();
}

/// <summary>What a checkpoint knows beside numbers.</summary>
/// <param name="Job">The job that saved it.</param>
/// <param name="Open">The step that waits there.</param>
/// <param name="OpenStep">The same as it stands in the checkpoint, JSON.</param>
/// <param name="DataFingerprint">SHA-256 of the data.</param>
/// <param name="Slots">Slots that it has of each parameter.</param>
internal sealed record SavedCourse(TrainingJob Job, OpenStep Open, string OpenStep, string DataFingerprint, int Slots);
