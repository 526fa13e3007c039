using System.Text.Json;
using DistTrain.Tests.Processes;

namespace DistTrain.Torch.Tests.Build;

/// <summary>What <c>-p:TorchBackend</c> and the system built for bring along; evaluated only, nothing is restored.</summary>
[Trait("Kind", "Process")]
public sealed class TorchBackendTests
{
    [Theory]
    [InlineData(null, "linux-x64", "libtorch-cpu-linux-x64")]
    [InlineData("cpu", "osx-arm64", "libtorch-cpu-osx-arm64")]
    [InlineData("cuda", "linux-x64", "TorchSharp-cuda-linux")]
    [InlineData("cuda", "win-x64", "TorchSharp-cuda-windows")]
    public async Task Only_one_native_package_is_referenced(string? backend, string runtime, string expected)
    {
        var project = Repository.PathOf("src/DistTrain.Torch/DistTrain.Torch.csproj");
        string[] arguments = ["msbuild", project, "-nr:false", "-getItem:PackageReference", $"-p:TorchRuntime={runtime}", .. backend is null ? [] : new[] { $"-p:TorchBackend={backend}" }];
        using var items = JsonDocument.Parse(await Tool.RunAsync("dotnet", arguments));
        var names = items.RootElement.GetProperty("Items").GetProperty("PackageReference").EnumerateArray().Select(item => item.GetProperty("Identity").GetString()!);
        Assert.Equal(["TorchSharp", expected], names.Where(name => name.Contains("torch", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal));
    }
}
