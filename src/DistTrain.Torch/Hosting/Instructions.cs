using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using DistTrain.Recipes;

namespace DistTrain.Torch.Hosting;

/// <summary>The instructions that native libraries compute with: their bits are those of their code for that set.</summary>
internal static class Instructions
{
    public const string AVX512 = "AVX-512";

    public const string AVX2 = "AVX2";

    /// <summary>Intel's own library promises equal bits of its AVX2 and AVX-512 code on Intel's processors only; on others it takes a branch of its choice.</summary>
    public static bool AreIntels => X86Base.IsSupported && X86Base.CpuId(0, 0).Ebx == BitConverter.ToInt32("Genu"u8);

    /// <summary>The set that a determinism computes with on this processor; where there is no AVX2, the architecture: then libraries choose.</summary>
    public static string Of(string determinism)
    {
        if (!Avx2.IsSupported || !Environment.Is64BitProcess)
            return RuntimeInformation.ProcessArchitecture.ToString();
        // What the libraries' code for AVX-512 needs; .NET knows the older ones of these sets only together.
        return determinism == Determinisms.Host && Avx512BW.VL.IsSupported ? AVX512 : AVX2;
    }
}
