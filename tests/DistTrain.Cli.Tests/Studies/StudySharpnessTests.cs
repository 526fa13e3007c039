using DistTrain.Cli.Output;
using DistTrain.Cli.Studies;
using DistTrain.Recipes.Studies;

namespace DistTrain.Cli.Tests.Studies;

[Trait("Kind", "Fast")]
public class StudySharpnessTests
{
    private static readonly Study Looked = Study.Read(
        "summary: s\ndiagnosis: {steps: 9, sharpness: 0.001}\nrecipes: [{name: a, runs: [{batches: [64, 128, 256], seeds: [1, 2, 3]}]}]", "t", [], out _)!;

    [Fact]
    public void What_was_found_stands_beside_how_well_it_does()
    {
        StudyResult[] results =
        [
            At(64, 1, 0.98, lambda: 3, full: 1), At(64, 2, 0.97, lambda: 5, full: 4), At(64, 3, 0.99, lambda: 4, full: 2),
            At(128, 1, 0.96, lambda: 7, full: null), StudyTableTests.Result("a", 256, 1, 0.9),
        ];
        Assert.EndsWith(
            """
            | recipe, batch | epochs | of the examples looked at right, % | test accuracy, % | λ_max | sharpness | in a subspace | adaptive |
            |---|---|---|---|---|---|---|---|
            | a, 64 | 2 (2 to 2) | 100 (100 to 100) | 98 (97 to 99) | 4 (3 to 5) | 2 (1 to 4) | no data | 0.2 (0.1 to 0.4) |
            | a, 128 | 2 | 100 | 96 | 7 | no data | no data | no data |

            """.ReplaceLineEndings("\n"),
            StudyTable.Markdown(Looked, results),
            StringComparison.Ordinal);
        using var folder = new TempFolder();
        StudySharpness.Write(Looked, results, folder.Path);
        Assert.Equal("sharpness.svg", Path.GetFileName(Assert.Single(Directory.GetFiles(folder.Path))));
    }

    [Fact]
    public void What_was_found_is_read_as_it_was_written()
    {
        var result = At(64, 1, 0.98, lambda: 3, full: 1);
        var again = StudyResult.FromJson(result.ToJson());
        Assert.Equal(result.Diagnosis! with { Sharpness = null }, again.Diagnosis! with { Sharpness = null });
        Assert.Equal(result.Diagnosis!.Sharpness, again.Diagnosis!.Sharpness);
        Assert.NotEqual(StudyDiagnosis.SetupOf(Looked.Diagnosis!), StudyDiagnosis.SetupOf(Looked.Diagnosis! with { Passes = 3 }));
    }

    private static StudyResult At(int batch, int seed, double accuracy, double lambda, double? full) => StudyTableTests.Result("a", batch, seed, accuracy) with
    {
        Diagnosis = new StudyDiagnosis(
            "setup",
            Loss: 0.001,
            Accuracy: 1,
            GradientNorm: 0.01,
            lambda,
            LambdaMin: -0.1,
            "sha",
            Positive: null,
            full is { } rise ? [new RiseInBox("full", 0.001, rise, 0.01, 7, true), new RiseInBox("adaptive", 0.02, rise / 10, 0.01, 5, false)] : null),
    };
}
