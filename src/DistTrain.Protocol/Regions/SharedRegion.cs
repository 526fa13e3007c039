using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace DistTrain.Protocol.Regions;

/// <summary>
/// Memory of this process that others of the same machine and user can map to read. It has a name in no file system: nothing is left of it once the
/// processes that have it are gone, however they ended. Its size is sealed and its pages are reserved, so that neither side can end the other by a read
/// or write that fails; nobody else can map it to write.
/// </summary>
public sealed class SharedRegion : IDisposable
{
    /// <summary>Name of each, as others see it in /proc.</summary>
    internal const string Name = "disttrain-region";

    internal const int NonceBytes = 32;

    private static long _lastId;

    private readonly MappedMemory _memory;
    private readonly SafeFileHandle _file;
    private readonly byte[] _nonce = RandomNumberGenerator.GetBytes(NonceBytes);

    private SharedRegion(MappedMemory memory, SafeFileHandle file, RegionHost host, int elements)
    {
        (_memory, _file) = (memory, file);
        _nonce.CopyTo(memory.Header);
        Offer = new Region
        {
            Id = Interlocked.Increment(ref _lastId),
            Host = host.ToString(),
            Process = Environment.ProcessId,
            Handle = (int)file.DangerousGetHandle(),
            Elements = elements,
        };
    }

    /// <summary>What another process has to know to see it. Does not say the nonce.</summary>
    public Region Offer { get; }

    /// <summary>Zeros at first, on a page's boundary. Whoever holds a part keeps it mapped.</summary>
    public Memory<float> Memory => _memory.Memory;

    /// <summary>A region of so many elements.</summary>
    /// <param name="elements">float32 in it.</param>
    /// <param name="refusal">Why there is none, in words for the user; null where there is.</param>
    public static SharedRegion? TryCreate(int elements, out string? refusal)
    {
        if (RegionHost.Current is not { } host)
        {
            refusal = "this system does not say in /proc where a process is";
            return null;
        }

        var file = LinuxMemory.Create(Name);
        if (TryMap(file, elements, out refusal) is { } memory)
            return new SharedRegion(memory, file, host, elements);
        file.Dispose();
        return null;
    }

    /// <summary>True when somebody has read here what was answered: both see the same memory.</summary>
    public bool IsSeenBy(RegionAnswer? answer) =>
        answer is not null && answer.Id == Offer.Id && CryptographicOperations.FixedTimeEquals(answer.Nonce.Span, _nonce);

    /// <summary>Ends the offer. What is mapped stays, here and elsewhere, as long as somebody holds it.</summary>
    public void Dispose() => _file.Dispose();

    internal static long BytesOf(long elements) => Environment.SystemPageSize + (elements * sizeof(float));

    private static MappedMemory? TryMap(SafeFileHandle file, int elements, out string? refusal)
    {
        var bytes = BytesOf(elements);
        refusal = null;
        if (file.IsInvalid)
            refusal = Failed("no memory can be shared");
        else if (!LinuxMemory.Restrict(file) || !LinuxMemory.Resize(file, bytes) || !LinuxMemory.Reserve(file, bytes))
            refusal = Failed($"{bytes} bytes of shared memory can't be reserved");
        else if (Mapping.Of(file, bytes, LinuxMemory.ProtectReadWrite) is not { } mapping)
            refusal = Failed("shared memory can't be mapped");
        else if (!LinuxMemory.Seal(file))
            refusal = Failed("the size of shared memory can't be sealed");
        else
            return new MappedMemory(mapping, elements);
        return null;
    }

    private static string Failed(string what) => $"{what}: {Marshal.GetLastPInvokeErrorMessage()}";
}
