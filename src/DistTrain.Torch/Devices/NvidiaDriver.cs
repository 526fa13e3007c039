namespace DistTrain.Torch.Devices;

/// <summary>What NVIDIA's driver tells of itself and its devices in files, without any library of it. Linux.</summary>
internal static class NvidiaDriver
{
    private const string Folder = "/proc/driver/nvidia";

    /// <summary>A driver is there.</summary>
    public static bool IsHere => File.Exists(Path.Combine(Folder, "version"));

    /// <summary>Model and driver of a device, as far as they are told: what its bits are those of.</summary>
    /// <param name="number">From 0, in the order of the bus, which is the driver's.</param>
    public static string KindOf(int number) => KindOf(number, Folder);

    internal static string KindOf(int number, string folder)
    {
        var models = Directory.Exists(Path.Combine(folder, "gpus"))
            ? Directory.EnumerateDirectories(Path.Combine(folder, "gpus")).Order(StringComparer.Ordinal).Select(ModelIn).ToList()
            : [];
        return $"{(number < models.Count ? models[number] : "of an unknown model")}, driver {VersionIn(folder)}";
    }

    private static string ModelIn(string gpu)
    {
        const string Key = "Model:";
        var line = Lines(Path.Combine(gpu, "information")).FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal));
        return line?[Key.Length..].Trim() ?? "of an unknown model";
    }

    /// <summary>Of "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.86.15  Thu …".</summary>
    private static string VersionIn(string folder) =>
        Lines(Path.Combine(folder, "version")).FirstOrDefault()?.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(word => Version.TryParse(word, out _)) ?? "unknown";

    private static IEnumerable<string> Lines(string file) => File.Exists(file) ? File.ReadLines(file) : [];
}
