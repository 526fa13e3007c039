using DistTrain.Worker.Cluster;

namespace DistTrain.Worker.Tests.Cluster;

/// <summary>"Another process holds it" is said of a lock that another process holds, and of nothing else.</summary>
[Trait("Kind", "Fast")]
public sealed class FileLockTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_that_is_held_is_not_taken_until_it_is_let_go()
    {
        using (FileLock.TryTake(_folder["lock"]))
            Assert.Null(FileLock.TryTake(_folder["lock"]));
        using var again = FileLock.TryTake(_folder["lock"]);
        Assert.NotNull(again);
    }

    [Fact]
    public void What_the_system_refuses_is_not_held()
    {
        File.CreateSymbolicLink(_folder["loop"], _folder["loop"]);
        Assert.Contains("symbolic links", Assert.ThrowsAny<IOException>(() => FileLock.TryTake(_folder["loop"])).Message, StringComparison.Ordinal);
        File.WriteAllText(_folder["file"], "");
        Assert.ThrowsAny<IOException>(() => FileLock.TryTake(_folder["file/lock"]));
        Assert.ThrowsAny<IOException>(() => FileLock.TryTake(_folder[new string('x', 300)]));
        Directory.CreateDirectory(_folder["folder"]);
        Assert.Throws<UnauthorizedAccessException>(() => FileLock.TryTake(_folder["folder"]));
    }
}
