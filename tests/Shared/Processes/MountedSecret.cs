namespace DistTrain.Tests.Processes;

/// <summary>
/// A folder as a kubelet mounts a secret in it (its AtomicWriter): each file is a link through <c>..data</c>, itself a link to a folder with a name of its own.
/// What is new is put beside what is there, then one link is replaced, and nothing else changes.
/// </summary>
internal sealed class MountedSecret(string path)
{
    private const string Data = "..data";

    private int _generation;

    /// <summary>Where it is mounted.</summary>
    public string Path { get; } = path;

    /// <summary>Replaces its files by those of a folder; they are as old as the first were, as files of a restored backup are.</summary>
    public async Task PutAsync(string files)
    {
        Directory.CreateDirectory(Path);
        var name = $"..2026_11_29_12_00_00.{++_generation}";
        var own = Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;
        foreach (var file in Directory.EnumerateFiles(files))
        {
            var copy = System.IO.Path.Combine(own, System.IO.Path.GetFileName(file));
            File.Copy(file, copy);
            File.SetLastWriteTimeUtc(copy, new DateTime(2026, 11, 29, 12, 0, 0, DateTimeKind.Utc));
        }

        // File.Move takes no link to a folder.
        var next = System.IO.Path.Combine(Path, "..data_tmp");
        File.CreateSymbolicLink(next, name);
        await Tool.RunAsync("mv", "-T", next, System.IO.Path.Combine(Path, Data));
        foreach (var file in Directory.EnumerateFiles(files).Select(f => System.IO.Path.GetFileName(f)).Where(f => !File.Exists(System.IO.Path.Combine(Path, f))))
            File.CreateSymbolicLink(System.IO.Path.Combine(Path, file), System.IO.Path.Combine(Data, file));
        if (_generation > 1)
            Directory.Delete(System.IO.Path.Combine(Path, $"..2026_11_29_12_00_00.{_generation - 1}"), recursive: true);
    }
}
