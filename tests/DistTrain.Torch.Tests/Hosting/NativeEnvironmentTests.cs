using System.Diagnostics;
using DistTrain.Torch.Hosting;
using TorchSharp;

namespace DistTrain.Torch.Tests.Hosting;

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

    [Fact]
    public void A_child_process_inherits_what_was_set()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "printenv is a POSIX command");
        CLibrary.Set("DISTTRAIN_TEST_VARIABLE", "kept");
        Assert.Equal("kept", CLibrary.Get("DISTTRAIN_TEST_VARIABLE"));
        using var child = Process.Start(new ProcessStartInfo("printenv", "DISTTRAIN_TEST_VARIABLE") { RedirectStandardOutput = true, UseShellExecute = false })!;
        Assert.Equal("kept", child.StandardOutput.ReadToEnd().Trim());
    }

    [Fact]
    public void Children_get_all_that_decides_bits() =>
        Assert.Subset(NativeEnvironment.ForChildren().ToHashSet(), NativeEnvironment.Variables().ToHashSet());

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
