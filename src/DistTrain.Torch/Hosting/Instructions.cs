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

    /// <summary>What the libraries multiply bfloat16 numbers with here. Each rounds in a way of its own.</summary>
    public static string OfBFloat16 { get; } = !Avx512BW.VL.IsSupported || SystemFlags() is not { } flags ? Emulated
        : flags.IsSupersetOf(["amx_bf16", "amx_tile"]) ? Tiles
        : flags.Contains("avx512_bf16") ? "AVX512_BF16"
        : Emulated;

    /// <summary>Matrices in registers of their own: what makes bfloat16 faster than float32.</summary>
    private const string Tiles = "AMX";

    /// <summary>By float32's instructions.</summary>
    private const string Emulated = "emulated";

    /// <summary>What bfloat16 costs where it does not pay, by the ratios in tests/DistTrain.Benchmarks/results; null: it pays.</summary>
    public static string? SlowBFloat16 => OfBFloat16 switch
    {
        Tiles => null,
        Emulated => "has no instructions for bfloat16: its products are emulated, and a gradient took 2 to 3 times as long as in float32 where that was measured",
        _ => $"multiplies bfloat16 by {OfBFloat16} and not by AMX: a gradient took 1.0 to 1.6 times as long as in float32 where that was measured",
    };

    /// <summary>What processor and system have together: tiles need both. .NET has no name for them.</summary>
    private static HashSet<string>? SystemFlags()
    {
        const string Information = "/proc/cpuinfo";
        return File.Exists(Information)
            ? File.ReadLines(Information).FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal))?.Split(' ').ToHashSet()
            : null;
    }
}
