using DistTrain.ParameterServer.Checkpoints;

namespace DistTrain.ParameterServer.Tests.Crashes;

/// <summary>Contents are renamed into place before they are safe.</summary>
/// <param name="root">The folder.</param>
/// <param name="name">Files that are not flushed; null: all.</param>
internal sealed class DiskWithoutFlush(string root, string? name = null) : RecordedDisk(root)
{
    public override void Flush(Stream file)
    {
        if (name is not null && Path.GetFileName(PathOf(file)) != name)
            base.Flush(file);
    }
}

/// <summary>Names are not safe when they should be.</summary>
internal sealed class DiskWithoutFolderFlush(string root) : RecordedDisk(root)
{
    public override void FlushFolder(string path)
    {
    }
}

/// <summary>Files are written under the name that they are to have.</summary>
internal sealed class DiskThatWritesInPlace(string root) : RecordedDisk(root)
{
    private readonly Dictionary<string, string> _places = [];

    public override Stream Create(string path)
    {
        var place = path.EndsWith(".tmp", StringComparison.Ordinal) ? path[..^".tmp".Length] : path;
        // The manifest's temporary name tells its writer too.
        place = place.Contains(CheckpointManifest.FileName, StringComparison.Ordinal) ? Path.Combine(Path.GetDirectoryName(place)!, CheckpointManifest.FileName) : place;
        _places[path] = place;
        return base.Create(place);
    }

    public override void Move(string from, string to) => Assert.Equal(to, _places[from]);
}

/// <summary>Parts get their names only after the manifest has its own.</summary>
internal sealed class DiskWithTheManifestFirst(string root) : RecordedDisk(root)
{
    private readonly List<(string From, string To)> _late = [];

    public override void Move(string from, string to)
    {
        if (to.EndsWith(".bin", StringComparison.Ordinal))
        {
            _late.Add((from, to));
            return;
        }

        base.Move(from, to);
        if (Path.GetFileName(to) != CheckpointManifest.FileName)
            return;
        foreach (var (early, late) in _late)
        {
            base.Move(early, late);
            base.FlushFolder(Path.GetDirectoryName(late)!);
        }

        _late.Clear();
    }
}

/// <summary>A checkpoint's manifest goes only after its parts.</summary>
internal sealed class DiskThatDeletesTheManifestLast(string root) : RecordedDisk(root)
{
    private readonly List<string> _late = [];

    public override void Delete(string path)
    {
        if (Path.GetFileName(path) == CheckpointManifest.FileName)
            _late.Add(path);
        else
            base.Delete(path);
    }

    public override void DeleteFolder(string path)
    {
        foreach (var file in _late.Where(file => Path.GetDirectoryName(file) == path))
            base.Delete(file);
        base.DeleteFolder(path);
    }
}
