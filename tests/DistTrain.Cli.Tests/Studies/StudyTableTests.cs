using DistTrain.Cli.Studies;
using DistTrain.Recipes.Studies;

namespace DistTrain.Cli.Tests.Studies;

[Trait("Kind", "Fast")]
public class StudyTableTests
{
    private static readonly Study Compared = Study.Read(
        "summary: a against b\nrecipes:\n- {name: b, runs: [{batches: [4096, 64], seeds: [1, 2, 3]}]}\n- {name: a, runs: [{batches: [64], seeds: [1]}]}", "t", [], out _)!;

    [Fact]
    public void Recipes_stand_in_the_studys_order_and_batches_ascend() => Assert.Equal(
        """
        a against b

        Test accuracy in %, wall time in s; of several seeds the median and, in brackets, lowest and highest.

        | recipe | 64 | 4,096 |
        |---|---|---|
        | b |  |  |
        | a | 97.25, 13 s |  |

        """.ReplaceLineEndings("\n"),
        StudyTable.Markdown(Compared, [Result("a", 64, 1, 0.9725, 12.6)]));

    [Theory]
    [InlineData("97.00 (90.00 to 98.00), 20 s", 0.9, 10, 0.98, 30, 0.97, 20)]
    [InlineData("95.00 (90.00 to 100.00), 15 s", 0.9, 10, 1.0, 20)]
    [InlineData("90.00, 10 s", 0.9, 10)]
    [InlineData("90.00, 1 diverged, 15 s", 0.9, 10, null, 20)]
    [InlineData("95.00 (90.00 to 100.00), 1 diverged, 20 s", 0.9, 10, null, 20, 1.0, 30)]
    [InlineData("diverged", null, 20, null, 30)]
    public void Several_seeds_show_median_and_spread_and_what_diverged_is_counted(string cell, params object?[] runs)
    {
        var results = runs.Chunk(2).Select((run, i) => Result("b", 4096, i + 1, (double?)run[0], Convert.ToDouble(run[1], System.Globalization.CultureInfo.InvariantCulture)));

        Assert.Contains($"\n| b |  | {cell} |\n", StudyTable.Markdown(Compared, [.. results]), StringComparison.Ordinal);
    }

    /// <summary>What is chosen by stands first, what no choice has seen behind it.</summary>
    [Fact]
    public void With_a_validation_set_its_accuracy_is_what_recipes_are_compared_by()
    {
        var text = StudyTable.Markdown(Compared, [
            Result("b", 4096, 1, 0.9) with { ValidationAccuracy = 0.95 }, Result("b", 4096, 2, 0.92) with { ValidationAccuracy = 0.91 }, Result("b", 4096, 3, 0.94) with { ValidationAccuracy = 0.93 }]);
        Assert.Contains("Accuracy in % on what is set apart of the training set, by which to choose", text, StringComparison.Ordinal);
        Assert.Contains("\n| b |  | 93.00 (91.00 to 95.00), test 92.00 (90.00 to 94.00), 1 s |\n", text, StringComparison.Ordinal);
    }

    internal static StudyResult Result(string recipe, int batch, int seed, double? accuracy, double seconds = 1, string jobSha256 = "job") => new(
        $"{recipe}-{batch}-s{seed}",
        recipe,
        batch,
        seed,
        accuracy is null ? StudyResult.Diverged : StudyResult.Completed,
        accuracy,
        [new StudyEvaluation(1, 0.5), new StudyEvaluation(2, 0.75, 0.7, 0.6)],
        Steps: 12,
        seconds,
        accuracy is null ? null : "ab",
        jobSha256,
        accuracy is null ? "rank 0, step 3: the loss is NaN" : null);
}
