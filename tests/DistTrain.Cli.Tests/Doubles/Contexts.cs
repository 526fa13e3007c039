using DistTrain.Cli.Commands;
using DistTrain.Cli.Invocation;

namespace DistTrain.Cli.Tests.Doubles;

/// <summary>Command contexts that write to memory.</summary>
internal static class Contexts
{
    public static CommandContext Of(params string[] args)
    {
        var parsed = RootCommandSetup.Create().Parse(args);
        return new CommandContext
        {
            Arguments = parsed,
            Output = new StringWriter(),
            Error = new StringWriter(),
            Clock = TimeProvider.System,
            Interruption = new Interruption(TimeProvider.System),
            Json = args.Contains("json"),
        };
    }

    /// <summary>Runs a command line inside the test's process.</summary>
    public static async Task<(int Code, string[] Output, string[] Error)> RunAsync(params string[] args)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        var code = await CommandLine.RunAsync(args, output, error, TimeProvider.System).For($"disttrain {string.Join(' ', args)}");
        return (code, Lines(output), Lines(error));
    }

    public static string[] Lines(TextWriter writer) =>
        writer.ToString()!.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
