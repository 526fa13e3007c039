using DistTrain.Cli.Cluster;
using DistTrain.Cli.Invocation;
using DistTrain.Recipes.Files;

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
    public void What_a_kill_left_of_a_job_file_keeps_no_run_from_being_started()
    {
        using var temporary = new TempFolder();
        File.WriteAllText(temporary["job.yaml.tmp"], "apiVers");
        RunFolder.Create(temporary.Path).Keep(JobFile.Read(null, "defaults", []).Job!);
        Assert.Equal(["job.yaml"], Directory.GetFileSystemEntries(temporary.Path).Select(Path.GetFileName));
    }

    /// <summary>A stored job went on only from the folder that it was started in.</summary>
    [Fact]
    public void A_kept_job_says_in_full_where_its_data_lie()
    {
        using var temporary = new TempFolder();
        var job = JobFile.Read(null, "defaults", ["dataset={name: csv, path: data/../tables}", "model.name=softmax"]).Job!;
        var kept = RunFolder.Create(temporary.Path).Keep(job);
        Assert.Equal(Path.GetFullPath("tables"), kept.Spec.Dataset.Path);
        Assert.Equal(JobFile.Write(kept), File.ReadAllText(temporary["job.yaml"]));
    }

    [Fact]
    public void A_job_file_that_the_system_does_not_let_us_see_is_not_taken_for_none()
    {
        using var temporary = new TempFolder();
        File.CreateSymbolicLink(temporary["job.yaml"], temporary["job.yaml"]);
        Assert.Contains("symbolic links", Assert.Throws<CommandException>(() => RunFolder.Open(temporary.Path)).Message, StringComparison.Ordinal);
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
