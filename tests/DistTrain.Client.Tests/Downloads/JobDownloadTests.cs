using DistTrain.Client.Downloads;
using DistTrain.Protocol;

namespace DistTrain.Client.Tests.Downloads;

[Trait("Kind", "Fast")]
public sealed class JobDownloadTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Joins_the_chunks_of_each_file()
    {
        var written = await SaveAsync(
            [Messages.Chunk("a", "1"), Messages.Chunk("a", "2"), Messages.Chunk("checkpoints/step-3/b", "3"), Messages.Chunk("empty", "")]);

        Assert.Equal(["a", "checkpoints/step-3/b", "empty"], written);
        Assert.Equal("12", File.ReadAllText(_folder["a"]));
        Assert.Equal("3", File.ReadAllText(_folder["checkpoints/step-3/b"]));
        Assert.Equal("", File.ReadAllText(_folder["empty"]));
    }

    [Fact]
    public async Task Replaces_a_file_only_when_the_new_one_is_complete()
    {
        File.WriteAllText(_folder["a"], "old");
        await Assert.ThrowsAsync<InvalidDataException>(() => SaveAsync(Broken()));
        Assert.Equal("old", File.ReadAllText(_folder["a"]));
        Assert.Equal(["a"], Names());

        await SaveAsync([Messages.Chunk("a", "new")]);
        Assert.Equal("new", File.ReadAllText(_folder["a"]));

        static IEnumerable<DownloadChunk> Broken()
        {
            yield return Messages.Chunk("a", "ne");
            throw new InvalidDataException();
        }
    }

    [Fact]
    public async Task A_bad_name_ends_it_and_leaves_what_was_complete()
    {
        await Assert.ThrowsAsync<DistTrainException>(() => SaveAsync([Messages.Chunk("a", "1"), Messages.Chunk("../b", "2")]));
        Assert.Equal(["a"], Names());
        Assert.False(File.Exists(_folder["../b"]));
    }

    [Fact]
    public async Task Unwanted_files_are_read_past()
    {
        var written = await JobDownload.SaveAsync(
            ((DownloadChunk[])[Messages.Chunk("a", "1"), Messages.Chunk("b", "2")]).Async(), _folder.Path, name => name == "b", CancellationToken.None);
        Assert.Equal(["b"], written);
        Assert.Equal(["b"], Names());
    }

    public void Dispose() => _folder.Dispose();

    private Task<IReadOnlyList<string>> SaveAsync(IEnumerable<DownloadChunk> chunks) =>
        JobDownload.SaveAsync(chunks.Async(), _folder.Path, _ => true, CancellationToken.None);

    private IEnumerable<string?> Names() => Directory.GetFiles(_folder.Path).Select(Path.GetFileName);
}
