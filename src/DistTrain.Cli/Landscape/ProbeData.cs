using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Invocation;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;

namespace DistTrain.Cli.Landscape;

/// <summary>What a look at the loss is over: a model, and the loss of some examples divided over the job's ranks.</summary>
/// <param name="Model">Of the weights.</param>
/// <param name="Objective">The loss.</param>
internal sealed record ProbeData(ModelBlueprint Model, Objective Objective)
{
    public const string Train = "train";

    public const string Test = "test";

    /// <summary>Reads the data. Of more than are wanted those are taken that a first epoch of the seed would begin with: no order of a file decides.</summary>
    /// <param name="saved">The weights.</param>
    /// <param name="spec">Their job.</param>
    /// <param name="set">train or test.</param>
    /// <param name="wanted">How many examples.</param>
    /// <param name="mode">Of norms and dropout.</param>
    /// <param name="seed">Decides which examples, and dropout.</param>
    /// <param name="warnings">Receives what is odd.</param>
    /// <exception cref="CommandException">The data can't be read, are not for the model, or are fewer than wanted.</exception>
    public static ProbeData Read(SavedModel saved, TrainingSpec spec, string set, ExampleCount wanted, CurvatureMode mode, long seed, TextWriter warnings)
    {
        try
        {
            var data = set == Test ? DatasetReader.ReadTest(spec.Dataset) : ReadTrain(saved, spec, warnings);
            if (wanted is { IsFirm: true, Number: { } more } && more > data.Count)
                throw CommandException.BadInput($"--examples {more}: the {set} set has {data.Count}; give fewer, or all");
            var examples = Objective.Choose(seed, wanted.Number ?? data.Count, data.Count);
            return new ProbeData(saved.ModelFor(spec, data), new Objective(data, examples, spec.Workers, spec.MicroBatch, mode, seed, saved.Position));
        }
        catch (Exception e) when (e is DatasetException or ModelException)
        {
            throw CommandException.BadInput(e.Message);
        }
    }

    private static ExampleSet ReadTrain(SavedModel saved, TrainingSpec spec, TextWriter warnings)
    {
        var data = DatasetReader.Read(spec.Dataset);
        if (saved.DataFingerprint is { } trained && trained != data.Fingerprint)
            warnings.WriteLine("warning: these are not the data that the weights were trained on: their gradient may be 0 on those and is another here");
        return data.Train;
    }
}

/// <summary>How many examples are wanted.</summary>
/// <param name="Number">Null: all.</param>
/// <param name="IsFirm">Somebody said so; else all where there are fewer.</param>
internal readonly record struct ExampleCount(int? Number, bool IsFirm)
{
    /// <summary>As help shows a default.</summary>
    public override string ToString() => IsFirm ? $"{Number}" : $"{Number}, or all where there are fewer";
}
