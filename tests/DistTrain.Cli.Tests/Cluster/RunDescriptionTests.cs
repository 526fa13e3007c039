using System.Text.Json.Nodes;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Protocol.Formats;
using DistTrain.Recipes.Files;

namespace DistTrain.Cli.Tests.Cluster;

[Trait("Kind", "Fast")]
public sealed class RunDescriptionTests : IDisposable
{
    private static readonly RunDescription _run = new("job-1", Servers: 2, Silos: 3);

    private readonly TempFolder _folder = new();

    private string File => _folder["run.json"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_says_its_version_and_one_from_before_is_read()
    {
        _run.Write(File);
        Assert.Equal("""{"format":1,"job":"job-1","servers":2,"silos":3}""", System.IO.File.ReadAllText(File));
        Assert.Equal(_run, RunDescription.Read(File));
        System.IO.File.WriteAllText(File, """{"job":"job-1","servers":2,"silos":3}""");
        Assert.Equal(_run, RunDescription.Read(File));
    }

    [Fact]
    public void One_of_a_later_version_is_refused_and_a_damaged_one_is_none()
    {
        System.IO.File.WriteAllText(File, """{"format":2,"colour":"red"}""");
        var refused = Assert.Throws<UnknownFormatException>(() => RunDescription.Read(File));
        Assert.Equal($"{File}: a run's description of version 2, and this program reads version 1; use the version of DistTrain that wrote it", refused.Message);
        System.IO.File.WriteAllText(File, """{"format":1,"job":""");
        Assert.Null(RunDescription.Read(File));
    }

    /// <summary>No process is started, and nothing is written.</summary>
    [Fact]
    public async Task A_run_of_a_later_version_is_not_resumed_and_its_user_is_told_why()
    {
        var run = new RunFolder(_folder.Path);
        System.IO.File.WriteAllText(run.Job, JobFile.Write(JobFile.Read(null, "test", []).Job!));
        Directory.CreateDirectory(run.Cluster);
        _run.Write(run.Description);
        var json = JsonNode.Parse(await System.IO.File.ReadAllTextAsync(run.Description))!;
        json["format"] = 2;
        await System.IO.File.WriteAllTextAsync(run.Description, json.ToJsonString());

        var (code, output, error) = await Contexts.RunAsync("resume", _folder.Path);

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Empty(output);
        Assert.Equal([$"error: {run.Description}: a run's description of version 2, and this program reads version 1; use the version of DistTrain that wrote it"], error);
        Assert.Equal([run.Description], Directory.GetFiles(run.Cluster));
    }
}
