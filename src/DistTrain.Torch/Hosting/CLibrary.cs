using System.Runtime.InteropServices;

namespace DistTrain.Torch.Hosting;

/// <summary>
/// The C library's own environment and allocator. .NET keeps a copy of the environment and never writes it back, so a
/// variable for native code has to be set here; the .NET copy is what child processes inherit, so it is set too.
/// </summary>
internal static partial class CLibrary
{
    /// <summary>The value native code would read, null when unset.</summary>
    public static string? Get(string name) =>
        OperatingSystem.IsWindows() ? Environment.GetEnvironmentVariable(name) : Marshal.PtrToStringUTF8(GetEnv(name));

    /// <summary>Sets a variable for native code in this process and for child processes.</summary>
    /// <exception cref="InvalidOperationException">The C library refused it.</exception>
    public static void Set(string name, string value)
    {
        Environment.SetEnvironmentVariable(name, value);
        var refused = OperatingSystem.IsWindows() ? PutEnv(name, value) : SetEnv(name, value, overwrite: 1);
        if (refused != 0)
            throw new InvalidOperationException($"the C library refused {name}={value} (code {refused})");
    }

    /// <summary>Becomes another program: the process, its id and its standard streams stay, everything else begins anew. Linux.</summary>
    /// <param name="path">The program.</param>
    /// <param name="arguments">Its arguments, its own name first.</param>
    /// <param name="environment">name=value.</param>
    /// <returns>Only if it failed: why.</returns>
    public static string Become(string path, IEnumerable<string> arguments, IEnumerable<string> environment)
    {
        ExecVe(path, [.. arguments, null], [.. environment, null]);
        return Marshal.GetLastPInvokeErrorMessage();
    }

    /// <summary>Sets one parameter of glibc's allocator; false when it refused, or is not glibc's.</summary>
    public static bool SetAllocator(int parameter, int value)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        try
        {
            return MallOpt(parameter, value) == 1;
        }
        catch (EntryPointNotFoundException)
        {
            return false; // musl has one allocator and no parameters
        }
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetEnv(string name);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);

    [LibraryImport("ucrtbase", EntryPoint = "_putenv_s", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int PutEnv(string name, string value);

    [LibraryImport("libc", EntryPoint = "execve", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int ExecVe(string path, string?[] arguments, string?[] environment);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);
}
