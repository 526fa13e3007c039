using System.CommandLine;
using System.Globalization;
using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Landscape;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Landscape;

namespace DistTrain.Cli.Commands;

/// <summary>What the commands that look at the loss around weights share: which weights, over which examples, how.</summary>
internal static class LandscapeOptions
{
    public const string Float64 = "float64";

    private const string All = "all";

    private const string Training = "training";

    private const int DefaultExamples = 1000;

    public static Option<string> Data { get; } = SharedOptions.Choice("--data", "The set that the examples are of.", ProbeData.Train, ProbeData.Test);

    public static Option<string> Mode { get; } = SharedOptions.Choice(
        "--mode", "Of norms and dropout; evaluation: running statistics, no dropout.", "evaluation", Training);

    public static Option<string> Precision { get; } = SharedOptions.Choice("--precision", "Of gradients and products.", "float32", Float64);

    public static Option<int> Seed { get; } = SharedOptions.Number("--seed", "Of random directions, and of which examples are taken.", 1, 0);

    /// <summary>How many.</summary>
    public static Option<ExampleCount> Examples { get; } = CreateExamples();

    /// <summary>Reads weights and data, once the process computes with what the run's bits are of.</summary>
    /// <exception cref="CommandException">They can't be read, or don't go together.</exception>
    public static (SavedModel Saved, ProbeData Data) Read(CommandContext context, Argument<string> checkpoint)
    {
        var saved = SavedModel.ReadFinite(context.Get(checkpoint));
        var spec = saved.ReadSpec(context.Get(SharedOptions.Set));
        Prepare(context, spec.Determinism);
        var mode = context.Get(Mode) == Training ? CurvatureMode.Training : CurvatureMode.Evaluation;
        return (saved, ProbeData.Read(saved, spec, context.Get(Data), context.Get(Examples), mode, context.Get(Seed), context.Error));
    }

    /// <summary>From here on the process computes with what the run's bits are of. It may begin anew for that.</summary>
    public static void Prepare(CommandContext context, string determinism)
    {
        if (StartEnvironment.Ensure(determinism, setting => RoleProcess.LogOverride(setting, context.Error)) is { } impossible)
            context.Error.WriteLine($"warning: {impossible}; results may differ in their last digits");
        NativeEnvironment.Prepare(determinism);
    }

    private static Option<ExampleCount> CreateExamples()
    {
        var option = new Option<ExampleCount>("--examples")
        {
            Description = $"How many examples, or {All}; those that an epoch of the seed begins with.",
            HelpName = "n|all",
            DefaultValueFactory = _ => new ExampleCount(DefaultExamples, IsFirm: false),
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (text == All)
                    return new ExampleCount(Number: null, IsFirm: true);
                if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0)
                    return new ExampleCount(count, IsFirm: true);
                result.AddError($"--examples must be a whole number of at least 1, or {All}, not '{text}'");
                return default;
            },
        };
        option.CompletionSources.Add(All);
        return option;
    }
}
