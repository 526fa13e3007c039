using DistTrain.Cli.Invocation;
using DistTrain.Cli.Results;
using DistTrain.Cli.Studies;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Cli.Tests.Studies;
using DistTrain.Recipes.Studies;

namespace DistTrain.Cli.Tests.Commands;

[Trait("Kind", "Fast")]
public sealed class StudyCommandTests : IDisposable
{
    private const string Text = "summary: small\nrecipes: [{name: a, runs: [{batches: [64], seeds: [1, 2]}]}]";

    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("nope")]
    public async Task A_name_that_is_neither_study_nor_file_is_refused_with_those_there_are(string name)
    {
        var (code, output, error) = await Contexts.RunAsync("study", name, "--out", _folder["out"]);

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Empty(output);
        Assert.Equal($"error: '{name}' is neither a study ({string.Join(", ", Study.Names)}) nor a file that can be read", Assert.Single(error));
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Theory]
    [InlineData("", "the file is no study")]
    [InlineData("summary: s\nrecipes: 5\nsilo: 1", "recipes: is not a list of at least one", "'silo' is not a key here")]
    [InlineData("summary: s\nbase: {workers: 99}\nrecipes: [{name: a, runs: [{batches: [64], seeds: [1]}]}]", "spec.batch: a batch of 64 leaves some of 99 workers without examples")]
    public async Task All_mistakes_of_a_file_are_told_and_nothing_is_started(string text, params string[] mistakes)
    {
        await File.WriteAllTextAsync(_folder["mine.yaml"], text);
        var (code, _, error) = await Contexts.RunAsync("study", _folder["mine.yaml"], "--out", _folder["out"]);

        Assert.Equal(ExitCode.BadInput, code);
        Assert.Equal(mistakes.Length, error.Length);
        Assert.All(mistakes, mistake => Assert.Contains(error, line => line.Contains(mistake, StringComparison.Ordinal)));
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public async Task A_prefix_of_no_cell_is_refused_with_some_that_there_are()
    {
        await File.WriteAllTextAsync(_folder["mine.yaml"], Text);
        var (code, _, error) = await Contexts.RunAsync("study", _folder["mine.yaml"], "--only", "b-", "--out", _folder["out"]);

        Assert.Equal(ExitCode.BadInput, code);
        Assert.EndsWith("begins with b-; cells are e.g. a-64-s1, a-64-s2", Assert.Single(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_done_already_is_shown_and_not_run_again()
    {
        await File.WriteAllTextAsync(_folder["mine.yaml"], Text);
        var folder = ResultsFolder<StudyResult>.Open(_folder["out"]);
        foreach (var cell in Study.Read(Text, "mine", [], out _)!.Cells)
            folder.Add(StudyTableTests.Result("a", 64, cell.Seed, cell.Seed == 1 ? 0.9 : null, seconds: 3, StudyResult.ShaOf(cell.Job)));
        string[] line = ["study", _folder["mine.yaml"], "--out", _folder["out"], "--page", "off"];

        var (code, output, _) = await Contexts.RunAsync(line);
        Assert.Equal(ExitCode.Done, code);
        Assert.Equal(["1/2 a-64-s1: 90.00 %, 3 s, done before", "2/2 a-64-s2: diverged, 3 s, done before", "small"], output[..3]);
        Assert.Equal("| a | 90.00, 1 diverged, 3 s |", output[^1]);
        Assert.EndsWith("| a | 90.00, 1 diverged, 3 s |\n", await File.ReadAllTextAsync(_folder["out/table.md"]), StringComparison.Ordinal);

        (_, output, _) = await Contexts.RunAsync([.. line, "--output", "json", "--only", "a-64-s2"]);
        Assert.Equal("""{"event":"cell","cell":"a-64-s2","state":"diverged","seconds":3}""", Assert.Single(output));
    }

    public void Dispose() => _folder.Dispose();
}
