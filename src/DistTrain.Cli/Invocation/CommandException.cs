namespace DistTrain.Cli.Invocation;

/// <summary>
/// Ends the command with lines for the user and an exit code. Raised where the cause is understood, so no stack trace is
/// ever printed for it.
/// </summary>
internal sealed class CommandException : Exception
{
    private CommandException(int exitCode, IReadOnlyList<string> problems, Exception? cause)
        : base(string.Join(Environment.NewLine, problems), cause)
    {
        ExitCode = exitCode;
        Problems = problems;
    }

    public int ExitCode { get; }

    /// <summary>One line each.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>The user's input has to change.</summary>
    public static CommandException BadInput(params IReadOnlyList<string> problems) =>
        new(Invocation.ExitCode.BadInput, problems, null);

    /// <summary>The input was good and the work failed.</summary>
    public static CommandException Failed(string problem, Exception? cause = null) =>
        new(Invocation.ExitCode.Failed, [problem], cause);
}
