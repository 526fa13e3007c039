using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Worker.Cluster;
using DistTrain.Worker.Ranks;

namespace DistTrain.Worker.Tests.Ranks;

/// <summary>Which data a silo gives: those that a job began with, or those that the files hold now.</summary>
[Trait("Kind", "Fast")]
public sealed class DatasetCacheTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly DatasetCache _cache = new(new SiloOptions { Cluster = new FolderStore("cluster"), Servers = Task.FromResult<IReadOnlyList<string>>([]) });

    public DatasetCacheTests()
    {
        File.WriteAllText(_folder["train.csv"], "x,label\n1.5,0\n2,1\n");
        File.WriteAllText(_folder["test.csv"], "x,label\n1,1\n");
    }

    public void Dispose() => _folder.Dispose();

    private DatasetRecipe Recipe => new("csv", _folder.Path, null, null);

    [Fact]
    public void The_same_files_are_read_once()
    {
        var first = _cache.Load(Recipe);
        Assert.Same(first, _cache.Load(Recipe));
        Assert.Same(first, _cache.Load(Recipe, first.Fingerprint, first.Files));
    }

    [Fact]
    public void What_has_changed_is_new_for_a_new_job_and_stays_for_one_that_has_it()
    {
        var first = _cache.Load(Recipe);
        Change();
        var second = _cache.Load(Recipe);
        Assert.Equal((2, 1), (first.Train.Count, second.Train.Count));
        Assert.Same(first, _cache.Load(Recipe, first.Fingerprint, first.Files));
        Assert.Same(second, _cache.Load(Recipe, second.Fingerprint, second.Files));
    }

    [Fact]
    public void Who_has_to_read_changed_data_again_is_told_the_file()
    {
        var begun = DatasetReader.Read(Recipe);
        Change();
        var error = Assert.Throws<DatasetException>(() => _cache.Load(Recipe, begun.Fingerprint, begun.Files)).Message;
        Assert.Contains(_folder["train.csv"], error, StringComparison.Ordinal);
        Assert.DoesNotContain("test.csv", error, StringComparison.Ordinal);
    }

    private void Change() => File.WriteAllText(_folder["train.csv"], "x,label\n1.5,0\n");
}
