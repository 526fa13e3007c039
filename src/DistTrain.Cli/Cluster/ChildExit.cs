namespace DistTrain.Cli.Cluster;

/// <summary>How a child ended.</summary>
/// <param name="Name">server-0, silo-1, ….</param>
/// <param name="ProcessId">Its process id while it ran.</param>
/// <param name="Code">Exit code; 128 + n after signal n.</param>
/// <param name="LogFile">Where all it printed is.</param>
/// <param name="LastLines">The end of that.</param>
internal sealed record ChildExit(string Name, int ProcessId, int Code, string LogFile, IReadOnlyList<string> LastLines)
{
    /// <summary>One line for a user who asked for none of this.</summary>
    public string Summary => $"{Name} (process {ProcessId}) ended unexpectedly with exit code {Code}{Meaning}";

    /// <summary>The same of a child that goes on.</summary>
    public string Restart => $"{Summary}; starting it again";

    /// <summary>The same with the end of the log.</summary>
    public string Report => LastLines.Count == 0
        ? $"{Summary}; it printed nothing"
        : string.Join(Environment.NewLine, [$"{Summary}; the end of {LogFile}:", .. LastLines.Select(line => "  | " + line)]);

    private string Meaning => Code switch
    {
        134 => " (aborted, by a failed check in native code for example)",
        137 => " (killed, by the system for want of memory or by hand)",
        139 => " (invalid memory access in native code)",
        143 => " (terminated from outside)",
        _ => "",
    };
}
