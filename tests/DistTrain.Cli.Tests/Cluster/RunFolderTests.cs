using DistTrain.Cli.Cluster;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Tests.Doubles;

namespace DistTrain.Cli.Tests.Cluster;

public class RunFolderTests
{
    [Fact]
    public void A_new_folder_is_made_and_an_empty_one_is_taken()
    {
        using var temporary = new TemporaryFolder();
        var path = temporary.File("a/b");
        Assert.Equal(path, RunFolder.Create(path).FullPath);
        Assert.True(Directory.Exists(path));
        Assert.Equal(path, RunFolder.Create(path).FullPath);
    }

    [Fact]
    public void A_folder_with_something_in_it_is_refused_and_left_alone()
    {
        using var temporary = new TemporaryFolder();
        File.WriteAllText(temporary.File("notes.txt"), "mine");
        var e = Assert.Throws<CommandException>(() => RunFolder.Create(temporary.Path));
        Assert.Equal(ExitCode.BadInput, e.ExitCode);
        Assert.Contains("not empty", e.Message);
        Assert.Equal("mine", File.ReadAllText(temporary.File("notes.txt")));
    }

    [Fact]
    public void A_file_is_refused()
    {
        using var temporary = new TemporaryFolder();
        File.WriteAllText(temporary.File("file"), "");
        Assert.Equal(ExitCode.BadInput, Assert.Throws<CommandException>(() => RunFolder.Create(temporary.File("file"))).ExitCode);
        Assert.Equal(ExitCode.BadInput, Assert.Throws<CommandException>(() => RunFolder.Create(temporary.File("file/below"))).ExitCode);
    }
}
