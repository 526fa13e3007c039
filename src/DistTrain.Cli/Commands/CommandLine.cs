using System.CommandLine;
using System.CommandLine.Invocation;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Observability;
using DistTrain.Protocol.Formats;

namespace DistTrain.Cli.Commands;

/// <summary>The edge of the process: parses, runs the command, and turns whatever happens into lines and an exit code.</summary>
internal static class CommandLine
{
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter output, TextWriter error, TimeProvider clock)
    {
        var parsed = RootCommandSetup.Create().Parse(args.Count == 0 ? ["--help"] : args);
        if (parsed.Action is ParseErrorAction or CommandAction && Problems(parsed) is { Count: > 0 } problems)
            return ReportProblems(parsed, problems, output, error);
        using var interruption = Interruption.OfProcess(clock);
        var configuration = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            // Signals are ours (Interruption): the library's own handling ends the process after two seconds.
            ProcessTerminationTimeout = null,
        };
        if (parsed.Action is not CommandAction action)
            return await parsed.InvokeAsync(configuration);
        var context = new CommandContext
        {
            Arguments = parsed,
            Output = output,
            Error = error,
            Clock = clock,
            Interruption = interruption,
            Json = IsJson(parsed),
        };
        // Away from this thread: many commands read and compute without a break, and a signal has to end them nevertheless.
        var running = Task.Run(() => RunAsync(action, context));
        return await Task.WhenAny(running, interruption.Overdue) == running ? await running : ExitCode.Cancelled;
    }

    /// <summary>Runs <paramref name="action"/> so that no exception leaves it.</summary>
    internal static async Task<int> RunAsync(CommandAction action, CommandContext context)
    {
        try
        {
            return await action.Run(context);
        }
        catch (CommandException e)
        {
            return Report(context.Arguments, e.ExitCode, e.Problems, context.Output, context.Error, Trace(context, e.InnerException));
        }
        catch (UnknownFormatException e)
        {
            return Report(context.Arguments, ExitCode.BadInput, [e.Message], context.Output, context.Error, Trace(context, e));
        }
        catch (OperationCanceledException) when (context.Interruption.Requested.IsCancellationRequested)
        {
            return ExitCode.Cancelled;
        }
        catch (Exception e) when (ClusterRefusal.Explain(e) is { } refusal)
        {
            return Report(context.Arguments, refusal.ExitCode, refusal.Problems, context.Output, context.Error, Trace(context, e.InnerException));
        }
        catch (Exception e) when (SystemFailure.Explain(e) is { } failure)
        {
            return Report(context.Arguments, failure.ExitCode, failure.Problems, context.Output, context.Error, Trace(context, e));
        }
        catch (Exception e)
        {
            var hint = context.Arguments.GetValue(SharedOptions.Verbose) ? "" : " (--verbose shows where)";
            return Report(
                context.Arguments, ExitCode.Failed, [$"{e.GetType().Name}: {OneLine(e.Message)}{hint}"], context.Output, context.Error, Trace(context, e));
        }
    }

    private static List<string> Problems(ParseResult parsed) =>
        [.. EmptyValues.Problems(parsed).Concat(parsed.Errors.Select(e => OneLine(e.Message))).Distinct(StringComparer.Ordinal)];

    private static int ReportProblems(ParseResult parsed, List<string> problems, TextWriter output, TextWriter error)
    {
        var command = parsed.CommandResult.Command;
        var code = Report(parsed, ExitCode.BadInput, problems, output, error, null);
        if (!LogsJson(parsed))
            error.WriteLine($"See: disttrain{(command is RootCommand ? "" : " " + command.Name)} --help");
        return code;
    }

    private static int Report(
        ParseResult parsed, int code, IReadOnlyList<string> problems, TextWriter output, TextWriter error, string? trace)
    {
        if (IsJson(parsed))
        {
            output.WriteLine(OutputJson.Line(code == ExitCode.BadInput
                ? new InvalidEvent(problems)
                : new FailedEvent(null, string.Join(' ', problems))));
        }

        foreach (var problem in problems)
        {
            if (LogsJson(parsed))
                new StartLog(asJson: true).Fail(problem);
            else
                error.WriteLine("error: " + problem);
        }

        if (trace is not null)
            error.WriteLine(trace);
        return code;
    }

    private static string? Trace(CommandContext context, Exception? e) =>
        context.Arguments.GetValue(SharedOptions.Verbose) ? e?.ToString() : null;

    // Read from the tokens, because the rest of the line may not parse.
    private static bool IsJson(ParseResult parsed) =>
        parsed.GetResult(SharedOptions.Output) is { Tokens: [{ Value: "json" }] };

    private static bool LogsJson(ParseResult parsed) =>
        parsed.GetResult(RoleOptions.Log) is { Tokens: [{ Value: "json" }] };

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
