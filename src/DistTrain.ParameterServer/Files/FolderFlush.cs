using System.Runtime.InteropServices;

namespace DistTrain.ParameterServer.Files;

/// <summary>Brings the names in a folder to disk: a renamed file is only safe from a power cut once its folder is flushed, which .NET has no call for.</summary>
internal static partial class FolderFlush
{
    private const int ReadOnly = 0;

    private const int NoSuchFile = 2;

    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">The folder can't be opened or flushed.</exception>
    public static void Flush(string folder)
    {
        // Windows flushes names with its journal.
        if (OperatingSystem.IsWindows())
            return;
        var handle = Open(folder, ReadOnly);
        if (handle < 0 && Marshal.GetLastPInvokeError() == NoSuchFile)
            throw new DirectoryNotFoundException($"{folder}: {Marshal.GetLastPInvokeErrorMessage()}");
        if (handle < 0)
            throw new IOException($"{folder}: {Marshal.GetLastPInvokeErrorMessage()}");
        try
        {
            if (Fsync(handle) != 0)
                throw new IOException($"{folder}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        finally
        {
            _ = Close(handle);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
