using System.CommandLine;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Cli.Verification;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain verify</c>: whether a run is what it claims, from its files alone.</summary>
internal static class VerifyCommand
{
    private static readonly Argument<string> Run = new("run") { Description = "The folder of a run that has ended." };

    public static Command Create() => new Command(
        "verify",
        "Check a finished run from its files: every step once and in order, every example once an epoch and by the rank it belongs to, data, checkpoint and model.")
    {
        Run,
        SharedOptions.Set,
    }.Does(RunAsync);

    private static Task<int> RunAsync(CommandContext context)
    {
        var run = context.Get(Run);
        var found = RunVerification.Of(run, context.Get(SharedOptions.Set));
        var count = found.Problems.Count;
        var verdict = count switch { 0 => "what it claims", 1 => "1 problem", _ => $"{count} problems" };
        context.Print(
            new VerifiedEvent(found.Job, found.Steps, found.Epochs, found.Examples, found.WeightsSha256, found.Problems),
            $"{run}: {verdict}; {found.Steps:N0} steps over {found.Epochs:0.##} epochs, {found.Examples:N0} examples checked; weights {found.WeightsSha256 ?? "unknown"}");
        foreach (var problem in found.Problems)
            context.Error.WriteLine("error: " + problem);
        return Task.FromResult(count == 0 ? ExitCode.Done : ExitCode.Failed);
    }
}
