using System.Runtime.Intrinsics.X86;
using DistTrain.Recipes;
using DistTrain.Torch.Hosting;
using TorchSharp;

namespace DistTrain.Torch.Tests.Hosting;

[Trait("Kind", "Fast")]
public sealed class NativeEnvironmentTests(PreparedProcess process)
{
    [Fact]
    public void Native_code_sees_every_variable()
    {
        Assert.All(NativeEnvironment.Variables(), variable => Assert.Equal(variable.Value, CLibrary.Get(variable.Key)));
        Assert.Equal(NativeEnvironment.Variables().Select(v => v.Key), process.Settings.Select(s => s.Name));
    }

    [Fact]
    public void Libtorch_runs_on_one_thread()
    {
        Assert.Equal(1, torch.get_num_threads());
        var elsewhere = 0;
        var thread = new Thread(() => elsewhere = torch.get_num_threads());
        thread.Start();
        thread.Join();
        Assert.Equal(1, elsewhere);
    }

    [Fact]
    public void Many_threads_may_prepare_and_get_the_same_answer()
    {
        var answers = new IReadOnlyList<NativeSetting>[8];
        Parallel.For(0, answers.Length, i => answers[i] = NativeEnvironment.Prepare());
        Assert.All(answers, answer => Assert.Same(process.Settings, answer));
    }

    [Theory]
    [InlineData(Determinisms.Host)]
    [InlineData(Determinisms.Portable)]
    public void Children_get_all_that_decides_bits(string determinism) => Assert.Subset(
        NativeEnvironment.ForChildren(determinism).ToHashSet(),
        NativeEnvironment.Variables(determinism).Concat(StartEnvironment.Variables(determinism)).ToHashSet());

    /// <summary>The settings themselves: what they do on a processor with AVX-512 was never seen.</summary>
    [Fact]
    public void Portable_caps_every_library_at_avx2()
    {
        Assert.SkipUnless(Avx2.IsSupported, "portable needs AVX2");
        string[] expected =
        [
            "OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1", "MKL_CBWR=AVX2", "ONEDNN_MAX_CPU_ISA=AVX2", "ATEN_CPU_CAPABILITY=avx2", "MKL_ENABLE_INSTRUCTIONS=AVX2",
        ];
        Assert.Equal(expected, NativeEnvironment.Variables(Determinisms.Portable).Select(v => $"{v.Key}={v.Value}"));
        Assert.Contains(new("DOTNET_EnableAVX512", "0"), StartEnvironment.Variables(Determinisms.Portable));
    }

    /// <summary>The bits of jobs from before there was a choice.</summary>
    [Fact]
    public void Host_on_a_processor_without_avx512_computes_with_avx2()
    {
        Assert.SkipUnless(Avx2.IsSupported && !Avx512F.IsSupported, "a processor with AVX2 and without AVX-512");
        Assert.Equal("host AVX2", NativeEnvironment.Arithmetic(Precisions.Float32));
        Assert.Equal(
            ["OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1", "MKL_CBWR=AVX2", "ONEDNN_MAX_CPU_ISA=AVX2", "ATEN_CPU_CAPABILITY=avx2"],
            NativeEnvironment.Variables(Determinisms.Host).Select(v => $"{v.Key}={v.Value}"));
    }

    [Fact]
    public void A_process_is_prepared_for_one_determinism()
    {
        var error = Assert.Throws<TorchLoadException>(() => NativeEnvironment.Prepare(Determinisms.Portable));
        Assert.Contains("loaded for determinism: host", error.Message, StringComparison.Ordinal);
        Assert.Same(process.Settings, NativeEnvironment.Prepare(Determinisms.Host));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("AVX2", false)]
    [InlineData("COMPATIBLE", true)]
    public void Only_another_wish_is_an_override(string? before, bool expected) =>
        Assert.Equal(expected, new NativeSetting("MKL_CBWR", "AVX2", before).IsOverride);

    [Theory]
    [InlineData("libstdc++.so.6: version `GLIBCXX_3.4.32' not found", "TorchNativePatch")]
    [InlineData("Unable to load shared library 'LibTorchSharp'", "runtimes/*/native")]
    public void The_error_of_loading_names_a_cure(string cause, string cure)
    {
        var error = TorchLoadException.From(new TypeInitializationException("torch", new DllNotFoundException(cause)));
        Assert.Contains(cause, error.Message, StringComparison.Ordinal);
        Assert.Contains(cure, error.Message, StringComparison.Ordinal);
        Assert.Contains("disttrain doctor", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_error_of_loading_leaves_out_the_places_where_nothing_was()
    {
        const string Telling = "/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /app/libLibTorchSharp.so)";
        var error = TorchLoadException.From(new DllNotFoundException($"Unable to load shared library.\n/a.so: cannot open shared object file: No such file or directory\n{Telling}\n"));
        Assert.StartsWith($"libtorch does not load: {Telling}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("No such file", error.Message, StringComparison.Ordinal);
    }
}
