using DistTrain.Cli.Roles;

namespace DistTrain.Cli.Tests.Roles;

[Trait("Kind", "Fast")]
public sealed class WriteTrialTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("{job}", "")]
    [InlineData("there/{job}", "there")]
    [InlineData("there/of-{job}/x", "there")]
    [InlineData("missing/deeper/{job}", "")]
    [InlineData("there", "there")]
    public void The_nearest_folder_that_is_there_is_tried(string jobFolder, string expected)
    {
        Directory.CreateDirectory(_folder["there"]);
        Assert.Equal(Path.TrimEndingDirectorySeparator(Path.Combine(_folder.Path, expected)), WriteTrial.FolderAbove(Path.Combine(_folder.Path, jobFolder), "{job}"));
    }

    [Fact]
    public void A_trial_leaves_nothing()
    {
        WriteTrial.Make(_folder.Path);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
        Assert.ThrowsAny<IOException>(() => WriteTrial.Make(_folder["missing"]));
    }
}
