using DistTrain.Cli.Cluster;
using DistTrain.Cli.Commands;

namespace DistTrain.Cli.Tests.Cluster;

[Trait("Kind", "Fast")]
public class RunFolderTests
{
    [Fact]
    public void A_new_folder_is_made_and_an_empty_one_is_taken()
    {
        using var temporary = new TempFolder();
        var path = temporary["a/b"];
        Assert.Equal(path, RunFolder.Create(path).FullPath);
        Assert.True(Directory.Exists(path));
        Assert.Equal(path, RunFolder.Create(path).FullPath);
    }

    [Fact]
    public void A_folder_with_something_in_it_is_refused_and_left_alone()
    {
        using var temporary = new TempFolder();
        File.WriteAllText(temporary["notes.txt"], "mine");
        var e = Assert.Throws<CommandException>(() => RunFolder.Create(temporary.Path));
        Assert.Equal(ExitCode.BadInput, e.ExitCode);
        Assert.Contains("not empty", e.Message);
        Assert.Equal("mine", File.ReadAllText(temporary["notes.txt"]));
    }

    [Fact]
    public void A_file_is_refused()
    {
        using var temporary = new TempFolder();
        File.WriteAllText(temporary["file"], "");
        Assert.Equal(ExitCode.BadInput, Assert.Throws<CommandException>(() => RunFolder.Create(temporary["file"])).ExitCode);
        Assert.Equal(ExitCode.BadInput, Assert.Throws<CommandException>(() => RunFolder.Create(temporary["file/below"])).ExitCode);
    }
}
