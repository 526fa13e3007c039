using System.Diagnostics;
using System.Text.Json;

namespace DistTrain.Torch.Tests.Build;

/// <summary>What <c>-p:TorchBackend</c> and the system built for bring along; evaluated only, nothing is restored.</summary>
public sealed class TorchBackendTests
{
    [Theory]
    [InlineData(null, "linux-x64", "libtorch-cpu-linux-x64")]
    [InlineData("cpu", "osx-arm64", "libtorch-cpu-osx-arm64")]
    [InlineData("cuda", "linux-x64", "TorchSharp-cuda-linux")]
    [InlineData("cuda", "win-x64", "TorchSharp-cuda-windows")]
    public void Only_one_native_package_is_referenced(string? backend, string runtime, string expected)
    {
        var project = Path.Combine(Root(), "src", "DistTrain.Torch", "DistTrain.Torch.csproj");
        string[] arguments = ["msbuild", project, "-nr:false", "-getItem:PackageReference", $"-p:TorchRuntime={runtime}", .. backend is null ? [] : new[] { $"-p:TorchBackend={backend}" }];
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        using var items = JsonDocument.Parse(process.StandardOutput.ReadToEnd());
        var names = items.RootElement.GetProperty("Items").GetProperty("PackageReference").EnumerateArray().Select(item => item.GetProperty("Identity").GetString()!);
        Assert.Equal(["TorchSharp", expected], names.Where(name => name.Contains("torch", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal));
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Directory.Build.props")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the test does not run inside of the repository");
        return folder;
    }
}
