using System.Runtime.CompilerServices;

namespace DistTrain.Optimization.Parameters;

/// <summary>Memory for vectors of the parameter layout: as its tensors begin at cache lines of the vector, the vector begins at one of memory.</summary>
public static class AlignedVector
{
    /// <summary>Zeros, pinned, on a boundary of <see cref="ParameterLayout.Alignment"/> elements.</summary>
    public static unsafe Memory<T> Allocate<T>(int length)
        where T : unmanaged
    {
        var array = GC.AllocateArray<T>(length + ParameterLayout.Alignment, pinned: true);
        var line = (nuint)(ParameterLayout.Alignment * sizeof(T));
        var behind = (nuint)Unsafe.AsPointer(ref array[0]) % line;
        return array.AsMemory((int)((line - behind) % line) / sizeof(T), length);
    }
}
