using System.ComponentModel;
using System.Runtime.InteropServices;

namespace DistTrain.Cli.Chaos;

/// <summary>What Linux lets one process do to another of the same user.</summary>
internal static partial class Signals
{
    private const int Kill9 = 9;
    private const int Continue18 = 18;
    private const int Stop19 = 19;
    private const int FileSizeExceeded = 25;
    private const int FileSize = 1;
    private const ulong Unlimited = ulong.MaxValue;

    private static readonly nint Ignore = 1;

    /// <summary>SIGKILL.</summary>
    /// <returns>False when the process is gone.</returns>
    public static bool Kill(int process) => SendSignal(process, Kill9) == 0;

    /// <summary>SIGSTOP.</summary>
    public static bool Stop(int process) => SendSignal(process, Stop19) == 0;

    /// <summary>SIGCONT.</summary>
    public static bool Continue(int process) => SendSignal(process, Continue18) == 0;

    /// <summary>
    /// Lets the processes that are started from now on see a write beyond their limit as an error, as on a full disk, instead of being ended by
    /// SIGXFSZ: what is ignored stays so over fork and exec.
    /// </summary>
    public static void IgnoreFileSizeSignal() => SetHandler(FileSizeExceeded, Ignore);

    /// <summary>No file of the process may grow beyond 0 bytes, or, with <paramref name="writable"/>, any may again.</summary>
    /// <exception cref="Win32Exception">The system refuses.</exception>
    public static bool LimitFiles(int process, bool writable)
    {
        // The hard limit stays: lowered, it could not be raised again without root.
        var limit = new Limit(writable ? Unlimited : 0, Unlimited);
        return SetLimit(process, FileSize, in limit, 0) == 0
            || (Marshal.GetLastPInvokeError() == NoSuchProcess ? false : throw new Win32Exception(Marshal.GetLastPInvokeError()));
    }

    private const int NoSuchProcess = 3;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetHandler(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "prlimit", SetLastError = true)]
    private static partial int SetLimit(int process, int resource, in Limit limit, nint old);

    private readonly record struct Limit(ulong Soft, ulong Hard);
}
