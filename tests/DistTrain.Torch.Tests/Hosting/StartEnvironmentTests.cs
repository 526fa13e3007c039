using DistTrain.Recipes;
using DistTrain.Torch.Hosting;

namespace DistTrain.Torch.Tests.Hosting;

/// <summary>What chooses other code for .NET or a library is taken out before a role starts; what does not stays.</summary>
[Trait("Kind", "Fast")]
public sealed class StartEnvironmentTests
{
    [Theory]
    [InlineData("DOTNET_EnableAVX2", "0", "")]
    [InlineData("DOTNET_EnableHWIntrinsic", "0", "")]
    [InlineData("COMPlus_EnableFMA", "0", "")]
    [InlineData("DOTNET_PreferredVectorBitWidth", "128", "")]
    [InlineData("MKL_DOMAIN_NUM_THREADS", "4", "")]
    [InlineData("ONEDNN_DEFAULT_FPMATH_MODE", "BF16", "")]
    [InlineData("GLIBC_TUNABLES", "glibc.malloc.arena_max=1:glibc.cpu.hwcaps=-AVX2", "glibc.malloc.arena_max=1")]
    [InlineData("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2", "")]
    [InlineData("GLIBC_TUNABLES", "glibc.malloc.arena_max=1", null)]
    [InlineData("DOTNET_gcServer", "1", null)]
    [InlineData("DOTNET_EnableDiagnostics", "0", null)]
    [InlineData("DOTNET_EnableWriteXorExecute", "0", null)]
    [InlineData("MKL_VERBOSE", "1", null)]
    [InlineData("LD_PRELOAD", "libjemalloc.so", null)]
    public void Only_what_chooses_other_code_is_replaced(string name, string value, string? kept) => Assert.Equal(
        kept is null ? [] : new[] { new NativeSetting(name, kept, value) },
        StartEnvironment.Foreign(Determinisms.Host, new Dictionary<string, string> { [name] = value }));

    /// <summary>Else a process would start anew for ever.</summary>
    [Theory]
    [InlineData(Determinisms.Host)]
    [InlineData(Determinisms.Portable)]
    public void What_a_determinism_sets_itself_is_not_foreign_to_it(string determinism) =>
        Assert.Empty(StartEnvironment.Foreign(determinism, NativeEnvironment.ForChildren(determinism).ToDictionary()));
}
