using DistTrain.Tests.Processes;

namespace DistTrain.Optimization.Tests.Determinism;

/// <summary>What a server computes has the same bits on processors of any vector width: .NET is told at the start of a process which instructions there are.</summary>
[Trait("Kind", "Process")]
public sealed class VectorWidthTests
{
    private static readonly string[] _here = [.. ServerArithmetic.Digests(threads: 1)];

    /// <summary>.NET without the newest instructions, without 256-bit ones, and without any.</summary>
    public static TheoryData<string, string> Processors => new()
    {
        { "DOTNET_EnableAVX512=0", "AVX2 True, FMA True, any True" },
        { "DOTNET_EnableAVX2=0", "vectors of 128 bits, AVX2 False, FMA False, any True" },
        { "DOTNET_EnableHWIntrinsic=0", "vectors of 128 bits, AVX2 False, FMA False, any False" },
    };

    [Theory]
    [MemberData(nameof(Processors))]
    public async Task The_width_of_vectors_changes_no_bit(string setting, string instructions)
    {
        Assert.SkipUnless(System.Runtime.Intrinsics.X86.Avx2.IsSupported, "a processor with AVX2 stands for others by leaving instructions out");
        var lines = await ChildProcess.RunAsync(ServerArithmetic.Role, setting);
        Assert.EndsWith(instructions, lines[0], StringComparison.Ordinal);
        Assert.Equal(_here, lines.Skip(1));
    }
}
