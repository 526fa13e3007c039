using DistTrain.Cli.Cluster;
using DistTrain.Cli.Invocation;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;

namespace DistTrain.Cli.Tests.Cluster;

[Trait("Kind", "Fast")]
public sealed class RunStartTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static TrainingJob Job => JobFile.Read(null, "defaults", ["seed=7"]).Job!;

    public void Dispose() => _folder.Dispose();

    /// <summary>A command that is killed between job.yaml and run.json left a folder that could be neither started nor gone on with.</summary>
    [Fact]
    public void A_run_that_was_killed_before_it_began_begins()
    {
        RunStart.New(_folder.Path, "job-1", Job);
        var again = RunStart.Resumed(_folder.Path, [], TextWriter.Null, TimeProvider.System);
        Assert.False(again.Resumes);
        Assert.Equal(7, again.Job.Spec.Seed);
        Assert.NotEmpty(again.Id);
    }

    [Theory]
    [InlineData("metrics.jsonl")]
    [InlineData("cluster/cluster.db")]
    [InlineData("checkpoints/step-1/server-0.bin")]
    public void One_of_which_something_is_there_is_not_begun_anew(string file)
    {
        RunStart.New(_folder.Path, "job-1", Job);
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[file])!);
        File.WriteAllText(_folder[file], "");
        var e = Assert.Throws<CommandException>(() => RunStart.Resumed(_folder.Path, [], TextWriter.Null, TimeProvider.System));
        Assert.Contains("neither run.json nor a checkpoint says which job ran here", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_whose_description_is_there_goes_on()
    {
        var first = RunStart.New(_folder.Path, "job-1", Job);
        Directory.CreateDirectory(first.Folder.Cluster);
        new RunDescription("job-1", 2, 3).Write(first.Folder.Description);
        var again = RunStart.Resumed(_folder.Path, [], TextWriter.Null, TimeProvider.System);
        Assert.Equal(("job-1", true, 3), (again.Id, again.Resumes, again.Before!.Silos));
    }
}
