using System.Text.Json;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Results;
using DistTrain.Cli.Studies;
using DistTrain.Recipes.Studies;

namespace DistTrain.Cli.Tests.Studies;

[Trait("Kind", "Fast")]
public sealed class StudyResultTests : IDisposable
{
    private const string Text = "summary: s\nrecipes: [{name: a, runs: [{batches: [64], seeds: [1, 2]}]}]";

    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData(0.9725)]
    [InlineData(0.1 + 0.2)]
    [InlineData(null)]
    public void A_result_survives_its_line(double? accuracy)
    {
        var result = StudyTableTests.Result("a", 64, 1, accuracy);
        var line = result.ToJson();
        var read = StudyResult.FromJson(line);

        Assert.DoesNotContain('\n', line);
        Assert.Equal(result with { Evaluations = read.Evaluations }, read);
        Assert.Equal(result.Evaluations, read.Evaluations);
    }

    [Fact]
    public void A_line_has_the_names_that_tools_read() => Assert.Equal(
        """{"cell":"a-64-s1","recipe":"a","batch":64,"seed":1,"state":"diverged","accuracy":null,"evaluations":[{"epoch":1,"accuracy":0.5},{"epoch":2,"accuracy":0.75,"loss":0.7,"trainLoss":0.6}],"steps":12,"seconds":1,"weightsSha256":null,"jobSha256":"job","reason":"rank 0, step 3: the loss is NaN"}""",
        StudyTableTests.Result("a", 64, 1, null).ToJson());

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"cell":"a-64-s1"}""")]
    [InlineData("""{"cell":"a-64-s1","recipe":""")]
    public void What_is_no_result_is_refused(string line)
    {
        Assert.ThrowsAny<JsonException>(() => StudyResult.FromJson(line));
        File.WriteAllText(_folder["results.jsonl"], line + "\n");
        Assert.Equal(ExitCode.BadInput, Assert.Throws<CommandException>(() => ResultsFolder<StudyResult>.Open(_folder.Path)).ExitCode);
    }

    [Fact]
    public void What_is_done_is_found_again_by_cell_and_job()
    {
        ResultsFolder<StudyResult>.Open(_folder.Path).Add(StudyTableTests.Result("a", 64, 1, 0.9, jobSha256: "one"));
        ResultsFolder<StudyResult>.Open(_folder.Path).Add(StudyTableTests.Result("a", 64, 2, 0.8, jobSha256: "two"));
        var again = ResultsFolder<StudyResult>.Open(_folder.Path);

        Assert.Equal(0.9, again.Find("a-64-s1", "one")!.Accuracy);
        Assert.Null(again.Find("a-64-s1", "two"));
        Assert.Null(again.Find("a-64-s3", "one"));
        Assert.Equal(["results.jsonl"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    /// <summary>The table once showed results of other settings beside those of the study at hand.</summary>
    [Fact]
    public void Results_of_other_settings_are_not_the_studys()
    {
        var (before, now) = (Read("epochs=1"), Read("epochs=2"));
        var folder = ResultsFolder<StudyResult>.Open(_folder.Path);
        foreach (var cell in before.Cells)
            folder.Add(StudyTableTests.Result("a", 64, cell.Seed, 0.1, jobSha256: StudyResult.ShaOf(cell.Job)));
        Assert.Equal(2, StudyResult.Of(folder, before).Count);
        Assert.Empty(StudyResult.Of(folder, now));

        folder.Add(StudyTableTests.Result("a", 64, 1, 0.2, jobSha256: StudyResult.ShaOf(now.Cells[0].Job)));
        Assert.Equal(0.2, Assert.Single(StudyResult.Of(folder, now)).Accuracy);
        Assert.Equal(2, Assert.Single(StudyResult.Of(folder, before)).Seed);
    }

    [Fact]
    public void Where_the_data_lies_is_no_part_of_a_job()
    {
        string Sha(string path) => StudyResult.ShaOf(Read($"dataset={{name: mnist, path: {path}}}").Cells[0].Job);

        Assert.Equal(Sha("/a"), Sha("/b"));
        Assert.NotEqual(Sha("/a"), StudyResult.ShaOf(Read("dataset={name: cifar10, path: /a}").Cells[0].Job));
    }

    [Fact]
    public void A_run_that_was_cut_short_is_removed()
    {
        var folder = ResultsFolder<StudyResult>.Open(_folder.Path);
        Directory.CreateDirectory(_folder["a-64-s1/cluster"]);
        File.WriteAllText(_folder["a-64-s1/cluster/log"], "half");

        Assert.False(Directory.Exists(folder.NewRun("a-64-s1")));
    }

    public void Dispose() => _folder.Dispose();

    private static Study Read(params string[] overrides) => Study.Read(Text, "t", overrides, out _)!;
}
