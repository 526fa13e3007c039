using System.Collections.Immutable;

namespace DistTrain.ParameterServer.Tests.Crashes;

/// <summary>
/// What a disk holds, and what of it has been flushed: files have contents, folders have names, and each of the two is safe from a power cut only
/// once it was flushed. A value: every operation gives another.
/// </summary>
internal sealed record DiskState
{
    private const int Root = 0;

    /// <summary>Beyond so many names that are not safe, not every subset of them is tried.</summary>
    private const int AllSubsets = 2;

    private ImmutableDictionary<int, Contents> Files { get; init; } = ImmutableDictionary<int, Contents>.Empty;

    private ImmutableDictionary<int, Names> Folders { get; init; } = ImmutableDictionary<int, Names>.Empty.Add(Root, Names.None);

    private int Made { get; init; } = Root;

    /// <summary>The state of a machine that was started with these files.</summary>
    public static DiskState Of(DiskTree tree)
    {
        var state = new DiskState();
        foreach (var (path, bytes) in tree.Entries)
            state = bytes is null ? state.WithFolder(path) : state.WithFile(path, bytes);
        return state with
        {
            Files = state.Files.ToImmutableDictionary(f => f.Key, f => f.Value.Flush()),
            Folders = state.Folders.ToImmutableDictionary(f => f.Key, f => f.Value.Flush()),
        };
    }

    public DiskState WithFolder(string path)
    {
        var made = Change(path, name => new NameChange(Removes: null, name, Made + 1));
        return made with { Folders = made.Folders.Add(Made + 1, Names.None), Made = Made + 1 };
    }

    /// <summary>A file is created, or emptied, and written.</summary>
    public DiskState WithFile(string path, byte[] bytes) => Find(path) is { } file
        ? this with { Files = Files.SetItem(file, Files[file] with { Now = bytes }) }
        : Change(path, name => new NameChange(Removes: null, name, Made + 1)) with { Files = Files.Add(Made + 1, new Contents(bytes, [])), Made = Made + 1 };

    public DiskState Written(string path, ReadOnlySpan<byte> more)
    {
        var file = Find(path)!.Value;
        return this with { Files = Files.SetItem(file, Files[file] with { Now = [.. Files[file].Now, .. more] }) };
    }

    public DiskState Flushed(string path) =>
        Find(path) is { } file ? this with { Files = Files.SetItem(file, Files[file].Flush()) } : this;

    public DiskState Moved(string from, string to)
    {
        var file = Find(from)!.Value;
        return Change(to, name => new NameChange(Path.GetFileName(from), name, file));
    }

    public DiskState Deleted(string path) => Find(path) is null ? this : Change(path, name => new NameChange(name, Sets: null, Inode: 0));

    public DiskState FolderFlushed(string path)
    {
        var folder = Find(path)!.Value;
        return this with { Folders = Folders.SetItem(folder, Folders[folder].Flush()) };
    }

    /// <summary>What the process leaves that is killed here: all it has done.</summary>
    public DiskTree Killed() => Tree((_, _) => true, contents => contents.Now);

    /// <summary>A power cut would leave all of it.</summary>
    public bool IsFlushed => Folders.Values.All(f => f.Pending.IsEmpty) && Files.Values.All(f => f.Now == f.Flushed);

    /// <summary>What is safe from any power cut.</summary>
    public DiskTree Flushed() => Tree((_, _) => false, contents => contents.Flushed);

    /// <summary>
    /// What a power cut may leave: of the names that were not flushed any, in any combination, and of contents that were not flushed nothing;
    /// or all names, and half of the contents.
    /// </summary>
    public IEnumerable<DiskTree> PowerCuts()
    {
        var pending = Folders.SelectMany(f => f.Value.Pending.Select((_, index) => (f.Key, index))).ToList();
        foreach (var kept in Subsets(pending))
            yield return Tree((folder, index) => kept.Contains((folder, index)), contents => contents.Flushed);
        yield return Tree((_, _) => true, contents => contents.Torn());
    }

    private static IEnumerable<HashSet<(int Folder, int Index)>> Subsets(List<(int Folder, int Index)> all)
    {
        if (all.Count <= AllSubsets)
        {
            for (var bits = 0; bits < 1 << all.Count; bits++)
                yield return [.. all.Where((_, i) => (bits & (1 << i)) != 0)];
            yield break;
        }

        yield return [];
        yield return [.. all];
        foreach (var one in all)
        {
            yield return [one];
        }
    }

    private DiskTree Tree(Func<int, int, bool> keepsName, Func<Contents, byte[]> keeps)
    {
        var tree = new DiskTree();
        Walk(Root, string.Empty);
        return tree;

        void Walk(int folder, string path)
        {
            foreach (var (name, inode) in Folders[folder].With(index => keepsName(folder, index)))
            {
                var child = Path.Combine(path, name);
                tree.Entries[child] = Folders.ContainsKey(inode) ? null : keeps(Files[inode]);
                if (Folders.ContainsKey(inode))
                    Walk(inode, child);
            }
        }
    }

    private DiskState Change(string path, Func<string, NameChange> change)
    {
        var folder = Find(Path.GetDirectoryName(path)!) ?? throw new DirectoryNotFoundException(path);
        var names = Folders[folder];
        return this with { Folders = Folders.SetItem(folder, names with { Pending = names.Pending.Add(change(Path.GetFileName(path))) }) };
    }

    private int? Find(string path)
    {
        var found = Root;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Folders.TryGetValue(found, out var names) || !names.With(_ => true).TryGetValue(name, out found))
                return null;
        }

        return found;
    }

    private sealed record Contents(byte[] Now, byte[] Flushed)
    {
        public Contents Flush() => this with { Flushed = Now };

        /// <summary>What was flushed and is still so, and half of the rest.</summary>
        public byte[] Torn()
        {
            var same = Now.AsSpan().CommonPrefixLength(Flushed);
            return Now[..(same + ((Now.Length - same) / 2))];
        }
    }

    /// <summary>A name comes, goes, or both: a rename is one change.</summary>
    private sealed record NameChange(string? Removes, string? Sets, int Inode);

    private sealed record Names(ImmutableSortedDictionary<string, int> Flushed, ImmutableList<NameChange> Pending)
    {
        public static readonly Names None = new(ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal), []);

        public Names Flush() => new(With(_ => true), []);

        public ImmutableSortedDictionary<string, int> With(Func<int, bool> keeps)
        {
            var names = Flushed;
            foreach (var (index, change) in Pending.Index().Where(c => keeps(c.Index)))
            {
                names = change.Removes is { } gone ? names.Remove(gone) : names;
                names = change.Sets is { } name ? names.SetItem(name, change.Inode) : names;
            }

            return names;
        }
    }
}
