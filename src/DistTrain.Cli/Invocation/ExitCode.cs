namespace DistTrain.Cli.Invocation;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The job or the cluster failed.</summary>
    public const int Failed = 1;

    /// <summary>The user's input (command line, job file, endpoint, job id) has to change first. Nothing was started.</summary>
    public const int BadInput = 2;

    /// <summary>Ended by Ctrl-C, SIGTERM or a cancel request.</summary>
    public const int Cancelled = 130;
}
