using DistTrain.Cli.Studies;
using DistTrain.Recipes.Studies;

namespace DistTrain.Cli.Tests.Studies;

[Trait("Kind", "Fast")]
public sealed class StudyPlotTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_batch_but_the_smallest_is_drawn_beside_it() =>
        Assert.Equal(["curves-128.svg", "curves-256.svg", "loss-128.svg", "loss-256.svg"], Drawn("[64, 128, 256]", 64, 128, 256));

    [Fact]
    public void A_study_of_one_batch_is_drawn_too() => Assert.Equal(["curves-64.svg", "loss-64.svg"], Drawn("[64]", 64));

    [Fact]
    public void Nothing_is_drawn_of_what_has_not_run() => Assert.Equal(["curves-128.svg", "loss-128.svg"], Drawn("[64, 128, 256]", 64, 128));

    private IEnumerable<string?> Drawn(string batches, params int[] done)
    {
        var study = Study.Read($"summary: s\nrecipes: [{{name: a, runs: [{{batches: {batches}, seeds: [1]}}]}}]", "compared", [], out _)!;
        StudyPlot.Write(study, [.. done.Select(batch => StudyTableTests.Result("a", batch, 1, 0.9))], _folder.Path);
        return Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal).Select(Path.GetFileName);
    }
}
