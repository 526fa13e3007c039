namespace DistTrain.Benchmarks.Peers;

/// <summary>Files in CIFAR-10's format, of noise: for times, not for accuracy.</summary>
/// <param name="Folder">Folder of the .bin files.</param>
/// <param name="Parent">The folder above it, as PyTorch's command sees it.</param>
internal sealed record CifarFiles(string Folder, string Parent)
{
    private const int Images = 2000;
    private const int Pixels = 3 * 32 * 32;

    /// <summary>Makes them, unless they are there; null where no folder is given.</summary>
    public static CifarFiles? Make(string? folder, string? seenAs)
    {
        if (folder is null)
            return null;
        var files = Path.Combine(Path.GetFullPath(folder), "cifar-10-batches-bin");
        Directory.CreateDirectory(files);
        var random = new Random(1);
        foreach (var name in Enumerable.Range(1, 5).Select(i => $"data_batch_{i}.bin").Append("test_batch.bin").Where(name => !File.Exists(Path.Combine(files, name))))
        {
            var bytes = new byte[Images * (1 + Pixels)];
            random.NextBytes(bytes);
            for (var image = 0; image < Images; image++)
                bytes[image * (1 + Pixels)] = (byte)(image % 10);
            File.WriteAllBytes(Path.Combine(files, name), bytes);
        }

        return new CifarFiles(files, seenAs ?? Path.GetFullPath(folder));
    }
}
