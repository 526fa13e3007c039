using System.CommandLine;
using System.CommandLine.Invocation;
using DistTrain.Cli.Invocation;

namespace DistTrain.Cli.Commands;

/// <summary>What a command does; <see cref="CommandLine"/> calls it with everything it needs.</summary>
/// <param name="run">Returns the exit code.</param>
internal sealed class CommandAction(Func<CommandContext, Task<int>> run) : AsynchronousCommandLineAction
{
    public Func<CommandContext, Task<int>> Run { get; } = run;

    /// <summary>Not the way in: a command needs a <see cref="CommandContext"/>.</summary>
    public override Task<int> InvokeAsync(ParseResult parseResult, CancellationToken cancellationToken = default) =>
        throw new InvalidOperationException("commands run through CommandLine.RunAsync");
}
