using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DistTrain.Protocol.Regions;

/// <summary>What Linux offers for memory that is shared without a name in any file system: memfd_create(2), fcntl(2), mmap(2), futex(2).</summary>
internal static partial class LinuxMemory
{
    public const int ProtectRead = 1, ProtectReadWrite = 3;

    private const uint CloseOnExec = 1, AllowSealing = 2, NeverExecuted = 8;
    private const int AddSeals = 1033, GetSeals = 1034;
    private const int SealSeal = 1, SealShrink = 2, SealGrow = 4, SealFutureWrite = 16;
    private const int MapShared = 1, MapPopulate = 0x8000;
    private const uint OwnerReadsAndWrites = 0x180;
    private const int InvalidArgument = 22;
    private const int FutexWait = 0, FutexWake = 1;

    private static readonly nint WaitCall = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.Arm64 => 98,
        _ => 0,
    };

    /// <summary>A file of no file system, or an invalid handle.</summary>
    public static SafeFileHandle Create(string name)
    {
        var file = MemFdCreate(name, CloseOnExec | AllowSealing | NeverExecuted);
        // Kernels before 6.3 do not know the last flag.
        if (file.IsInvalid && Marshal.GetLastPInvokeError() == InvalidArgument)
            file = MemFdCreate(name, CloseOnExec | AllowSealing);
        return file;
    }

    /// <summary>Its owner alone may open it.</summary>
    public static bool Restrict(SafeFileHandle file) => FChangeMode(file, OwnerReadsAndWrites) == 0;

    public static bool Resize(SafeFileHandle file, long bytes) => FTruncate(file, bytes) == 0;

    /// <summary>All its pages are there from now on: to write to it can't fail where memory is used up.</summary>
    public static bool Reserve(SafeFileHandle file, long bytes) => FAllocate(file, 0, 0, bytes) == 0;

    /// <summary>Nobody can change its size from now on, nor map it to write; what is mapped stays so.</summary>
    public static bool Seal(SafeFileHandle file) =>
        FControl(file, AddSeals, SealShrink | SealGrow | SealFutureWrite | SealSeal) == 0
        // Kernels before 5.1 do not know the seal on later writers.
        || (Marshal.GetLastPInvokeError() == InvalidArgument && FControl(file, AddSeals, SealShrink | SealGrow | SealSeal) == 0);

    /// <summary>Whoever reads it can't be hurt by its owner, who could make a file smaller under a mapping and so end the process (SIGBUS).</summary>
    public static bool KeepsItsSize(SafeFileHandle file) =>
        FControl(file, GetSeals, 0) is var seals && seals >= 0 && (seals & SealShrink) != 0;

    /// <summary>Maps the whole file, with its pages; −1 where that is refused.</summary>
    public static nint Map(SafeFileHandle file, long bytes, int protection) => MMap(0, (nuint)bytes, protection, MapShared | MapPopulate, file, 0);

    public static bool Unmap(nint start, long bytes) => MUnmap(start, (nuint)bytes) == 0;

    /// <summary>Whether this processor's number of futex(2) is known.</summary>
    public static bool CanWait => WaitCall != 0;

    /// <summary>
    /// Returns at once when the word is not <paramref name="expected"/>; else when somebody wakes those who wait for it, in whichever process it is mapped,
    /// or for no reason, or after <paramref name="patience"/>. It need not be mapped to write.
    /// </summary>
    public static unsafe void Wait(int* word, int expected, TimeSpan patience)
    {
        var time = stackalloc long[] { patience.Ticks / TimeSpan.TicksPerSecond, patience.Ticks % TimeSpan.TicksPerSecond * 100 };
        _ = Futex(WaitCall, word, FutexWait, expected, time);
    }

    /// <summary>Wakes whoever waits for the word.</summary>
    public static unsafe void Wake(int* word) => _ = Futex(WaitCall, word, FutexWake, int.MaxValue, null);

    public static int User() => (int)GetEffectiveUser();

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial SafeFileHandle MemFdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int FChangeMode(SafeFileHandle file, uint mode);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int FTruncate(SafeFileHandle file, long length);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int FAllocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FControl(SafeFileHandle file, int command, int argument);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint MMap(nint address, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int MUnmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static unsafe partial nint Futex(nint number, int* word, int operation, int value, long* patience);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();
}
