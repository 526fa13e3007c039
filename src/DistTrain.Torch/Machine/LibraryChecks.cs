using System.Text;
using DistTrain.Torch.Build;

namespace DistTrain.Torch.Machine;

/// <summary>libtorch's files beside the program, and the C++ library of the system that they need.</summary>
internal static class LibraryChecks
{
    /// <summary>What the newest symbol of libLibTorchSharp.so asks for.</summary>
    private const string Wanted = "GLIBCXX_3.4.32";

    public static MachineCheckResult Files(string name)
    {
        string[] wanted = OperatingSystem.IsWindows() ? ["LibTorchSharp.dll", "torch_cpu.dll", "c10.dll"]
            : OperatingSystem.IsMacOS() ? ["libLibTorchSharp.dylib", "libtorch_cpu.dylib", "libc10.dylib"]
            : ["libLibTorchSharp.so", "libtorch_cpu.so", "libc10.so"];
        var missing = wanted.Where(file => Find(file) is null).ToList();
        return missing.Count == 0
            ? MachineCheckResult.Ok(name, $"{string.Join(", ", wanted)} in {Path.GetDirectoryName(Find(wanted[0]))}")
            : MachineCheckResult.Failure(name, $"{string.Join(", ", missing)} not found under {AppContext.BaseDirectory}", "build or publish for this system again (-r linux-x64, win-x64 or osx-arm64) and copy the whole folder");
    }

    public static MachineCheckResult StandardLibrary(string name)
    {
        if (!OperatingSystem.IsLinux())
            return MachineCheckResult.Ok(name, "not used on this system");
        var library = Find("libLibTorchSharp.so");
        if (library is null)
            return MachineCheckResult.Warning(name, "libLibTorchSharp.so not found", "see native libraries");
        var need = ElfVersionNeeds.Find(File.ReadAllBytes(library), Wanted);
        var (path, level) = SystemLevel();
        var finding = $"{path} has GLIBCXX_3.4.{level}; libtorch's need of {Wanted} is {need.ToString().ToLowerInvariant()}";
        return level >= 32 || need != VersionNeed.Strong
            ? MachineCheckResult.Ok(name, finding)
            : MachineCheckResult.Failure(name, finding, "build on this system, or publish with -p:TorchNativePatch=always, or install the libstdc++6 of GCC 13 or newer");
    }

    /// <summary>A native file beside the program, where .NET looks: the folder itself (a build for one system) or runtimes/*/native.</summary>
    private static string? Find(string file)
    {
        var beside = Path.Combine(AppContext.BaseDirectory, file);
        if (File.Exists(beside))
            return beside;
        var runtimes = Path.Combine(AppContext.BaseDirectory, "runtimes");
        return Directory.Exists(runtimes) ? Directory.EnumerateFiles(runtimes, file, SearchOption.AllDirectories).FirstOrDefault() : null;
    }

    // .NET itself runs on the system's libstdc++, so the file that libtorch would get is mapped already.
    private static (string Path, int Level) SystemLevel()
    {
        var line = File.ReadLines("/proc/self/maps").FirstOrDefault(line => line.Contains("/libstdc++.so", StringComparison.Ordinal));
        if (line is null)
            return ("libstdc++", 0);
        var path = line[line.IndexOf('/', StringComparison.Ordinal)..];
        var text = Encoding.Latin1.GetString(File.ReadAllBytes(path));
        var level = 0;
        while (text.Contains($"\0GLIBCXX_3.4.{level + 1}\0", StringComparison.Ordinal))
            level++;
        return (path, level);
    }
}
