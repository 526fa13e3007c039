using System.CommandLine;
using DistTrain.Cli.Invocation;

namespace DistTrain.Cli.Commands;

/// <summary>Ends the declaration of a command.</summary>
internal static class CommandSetup
{
    /// <summary>Binds what <paramref name="command"/> does; the function returns the exit code.</summary>
    public static Command Does(this Command command, Func<CommandContext, Task<int>> run)
    {
        command.Action = new CommandAction(run);
        return command;
    }
}
