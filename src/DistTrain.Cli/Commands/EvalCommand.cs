using System.CommandLine;
using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain eval</c>: accuracy and loss of saved weights on the test set.</summary>
internal static class EvalCommand
{
    private const int ExamplesAtOnce = 256;

    public static Command Create() => new Command("eval", "Evaluate saved weights on the test set of their job, or on other data by --set dataset.…")
    {
        SharedOptions.Checkpoint,
        SharedOptions.Set,
    }.Does(RunAsync);

    private static Task<int> RunAsync(CommandContext context)
    {
        var saved = SavedModel.Read(context.Get(SharedOptions.Checkpoint));
        var spec = saved.ReadSpec(context.Get(SharedOptions.Set));
        // May start the process anew: loss and accuracy are those of the run, whatever variables somebody has set.
        if (StartEnvironment.Ensure(spec.Determinism, setting => RoleProcess.LogOverride(setting, context.Error)) is { } impossible)
            context.Error.WriteLine($"warning: {impossible}; loss and accuracy may differ in their last digits");
        NativeEnvironment.Prepare(spec.Determinism);
        var result = Evaluate(saved, spec);
        var (right, beside) = (result.Correct / result.Examples, result.Beside / result.Examples);
        var tellsNumbers = spec.Dataset.Regression is not null;
        var evaluated = new EvaluatedEvent(
            saved.Source,
            saved.Step,
            tellsNumbers ? null : right,
            result.LossSum / result.Examples,
            result.Examples,
            WeightsHash.Compute(saved.Layout, saved.Vector))
        {
            TestR2 = tellsNumbers ? right : null,
            TestMae = tellsNumbers ? beside : null,
            TestTopAccuracy = spec.Dataset is { HasTokens: false, Regression: null, Classification.TopK: > 1 } ? beside : null,
            Perplexity = spec.Dataset.HasTokens ? Math.Exp(result.LossSum / result.Examples) : null,
        };
        var perplexity = evaluated.Perplexity is { } choices ? $", perplexity {choices:F2}" : "";
        var told = tellsNumbers ? $"R² {right:F4}, mean error {beside:G4}" : $"accuracy {right:P2}{(evaluated.TestTopAccuracy is { } top ? $", top {spec.Dataset.Classification.TopK} {top:P2}" : "")}";
        context.Print(
            evaluated,
            $"{saved.Source}: {told}, loss {evaluated.TestLoss:F4}{perplexity} on {evaluated.Examples:N0} examples; weights {evaluated.WeightsSha256}");
        return Task.FromResult(ExitCode.Done);
    }

    private static BatchResult Evaluate(SavedModel saved, TrainingSpec spec)
    {
        try
        {
            var test = DatasetReader.ReadTest(spec.Dataset);
            using var replica = new Replica(saved.ModelFor(spec, test), ExamplesAtOnce);
            saved.Vector.CopyTo(replica.Parameters);
            return replica.Evaluate(test, [.. Enumerable.Range(0, test.Count)], test.Whole);
        }
        catch (Exception e) when (e is DatasetException or ModelException)
        {
            throw CommandException.BadInput(e.Message);
        }
    }
}
