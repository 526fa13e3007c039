using System.CommandLine;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Torch.Machine;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain doctor</c>: can this machine train?</summary>
internal static class DoctorCommand
{
    public static Command Create() =>
        new Command("doctor", "Check this machine: native libraries, processor, memory, and what would slow training down.").Does(RunAsync);

    private static Task<int> RunAsync(CommandContext context)
    {
        var results = MachineCheck.Run();
        var width = results.Select(result => result.Name.Length).DefaultIfEmpty().Max();
        foreach (var result in results)
            context.Print(Event(result), Text(result, width));
        return Task.FromResult(results.Any(result => result.Outcome == CheckOutcome.Failure) ? ExitCode.Failed : ExitCode.Done);
    }

    private static CheckEvent Event(MachineCheckResult result) =>
        new(result.Name, Word(result.Outcome), result.Finding, string.IsNullOrEmpty(result.Cure) ? null : result.Cure);

    private static string Text(MachineCheckResult result, int width)
    {
        var line = $"{Word(result.Outcome),-4}  {result.Name.PadRight(width)}  {result.Finding}";
        return string.IsNullOrEmpty(result.Cure) ? line : $"{line}{Environment.NewLine}{new string(' ', width + 8)}→ {result.Cure}";
    }

    private static string Word(CheckOutcome outcome) => outcome switch
    {
        CheckOutcome.Ok => "ok",
        CheckOutcome.Warning => "warn",
        _ => "fail",
    };
}
