using System.CommandLine;
using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain eval</c>: accuracy and loss of saved weights on the test set.</summary>
internal static class EvalCommand
{
    private const int ExamplesAtOnce = 256;

    private static readonly Argument<string> Checkpoint = new("checkpoint")
    {
        Description = "A run's folder (its newest checkpoint), a step-N folder in it, or a model.safetensors.",
    };

    public static Command Create() => new Command("eval", "Evaluate saved weights on the test set of their job, or on other data by --set dataset.…")
    {
        Checkpoint,
        SharedOptions.Set,
    }.Does(RunAsync);

    private static Task<int> RunAsync(CommandContext context)
    {
        var saved = SavedModel.Read(context.Get(Checkpoint));
        var read = JobFile.Read(saved.JobFile, saved.Source, context.Get(SharedOptions.Set));
        if (read.Job is not { } job)
            throw CommandException.BadInput([.. read.Problems.Select(p => p.ToString())]);
        // May start the process anew: loss and accuracy are those of the run, whatever variables somebody has set.
        if (StartEnvironment.Ensure(job.Spec.Determinism, setting => RoleProcess.LogOverride(setting, context.Error)) is { } impossible)
            context.Error.WriteLine($"warning: {impossible}; loss and accuracy may differ in their last digits");
        NativeEnvironment.Prepare(job.Spec.Determinism);
        var result = Evaluate(saved, job.Spec);
        var evaluated = new EvaluatedEvent(
            saved.Source,
            saved.Step,
            (double)result.Correct / result.Examples,
            result.LossSum / result.Examples,
            result.Examples,
            WeightsHash.Compute(saved.Layout, saved.Vector));
        context.Print(
            evaluated,
            $"{saved.Source}: accuracy {evaluated.TestAccuracy:P2}, loss {evaluated.TestLoss:F4} on {evaluated.Examples:N0} examples; weights {evaluated.WeightsSha256}");
        return Task.FromResult(ExitCode.Done);
    }

    private static BatchResult Evaluate(SavedModel saved, TrainingSpec spec)
    {
        try
        {
            var test = DatasetReader.ReadTest(spec.Dataset);
            var model = ModelBlueprint.OfSaved(spec, test.Shape, saved.Layout) ?? throw CommandException.BadInput(
                $"{saved.Source}: these weights are not of this model for examples of shape [{string.Join(", ", test.Shape)}]; --set may change the data, not the model");
            if (test.Classes > model.Classes)
            {
                throw CommandException.BadInput(
                    $"{saved.Source}: the model has {model.Classes} classes, and the data have a label {test.Classes - 1}; give data of classes 0 to {model.Classes - 1}");
            }

            using var replica = new Replica(model, ExamplesAtOnce);
            saved.Vector.CopyTo(replica.Parameters);
            return replica.Evaluate(test, [.. Enumerable.Range(0, test.Count)]);
        }
        catch (Exception e) when (e is DatasetException or ModelException)
        {
            throw CommandException.BadInput(e.Message);
        }
    }
}
