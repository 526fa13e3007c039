using DistTrain.Cli.Studies;
using DistTrain.Client;
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

    /// <summary>Of images there is no such table; what diverged has no last loss.</summary>
    [Fact]
    public void Of_text_the_losses_stand_in_a_table_of_their_own()
    {
        var study = Study.Read("summary: s\nbase: {dataset: {name: text, path: x}, model: {name: transformer}}\nrecipes: [{name: a, runs: [{batches: [16, 64, 256], seeds: [1, 2]}]}]", "t", [], out _)!;
        IReadOnlyList<StudyResult> results = [
            Result("a", 16, 1, 0.5) with { Evaluations = [new StudyEvaluation(1, 0.5, 1.9), new StudyEvaluation(2, 0.5, 1.25)] },
            Result("a", 16, 2, 0.5) with { Evaluations = [new StudyEvaluation(2, 0.5, 1.35)] },
            Result("a", 64, 1, 0.5) with { Evaluations = [new StudyEvaluation(2, 0.5, 1.4)] },
            Result("a", 256, 1, null) with { Evaluations = [new StudyEvaluation(1, 0.1, 9)] }];
        Assert.EndsWith(
            """

            Loss of a token in nats after the last epoch, on the same set as the first of the accuracies above.

            | recipe | 16 | 64 | 256 |
            |---|---|---|---|
            | a | 1.300 (1.250 to 1.350) | 1.400 | no data |

            """.ReplaceLineEndings("\n"),
            StudyTable.Markdown(study, results),
            StringComparison.Ordinal);
        Assert.DoesNotContain("in nats", StudyTable.Markdown(Compared, [Result("a", 64, 1, 0.9)]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_study_with_a_target_tells_the_way_there()
    {
        var study = Study.Read("summary: s\ntarget: 0.75\nrecipes: [{name: a, runs: [{batches: [64, 128, 256], seeds: [1, 2]}]}]", "t", [], out _)!;
        var late = Result("a", 128, 1, 0.9) with { Evaluations = [new StudyEvaluation(1, 0.5), new StudyEvaluation(2, 0.7)] };
        // 12 updates in 2 epochs; of 128 one run does not arrive, of 256 none does.
        Assert.Contains(
            """

            Updates and epochs until 75.00 % at the end of an epoch, of the seeds' median; a run that does not get there has no data.

            | recipe | 64 | 128 | 256 |
            |---|---|---|---|
            | a | 12, 2 | no data for 1 of 2 | no data |

            """.ReplaceLineEndings("\n"),
            StudyTable.Markdown(study, [Result("a", 64, 1, 0.9), Result("a", 64, 2, 0.9), late, Result("a", 128, 2, 0.9), late with { Batch = 256 }]),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Cells_that_are_for_time_have_a_table_and_pictures_of_their_own()
    {
        var study = Study.Read("summary: s\nrecipes: [{name: a, shows: time, runs: [{batches: [64, 128], seeds: [1]}]}, {name: b, runs: [{batches: [256], seeds: [1]}]}]", "t", [], out _)!;
        // 12 updates in 2 epochs of 5 examples more than 5 batches each: 6 an epoch.
        IReadOnlyList<StudyResult> results = [Result("a", 64, 1, 0.1) with { StepMilliseconds = 1234.5678 }, Result("a", 128, 1, 0.1), Result("b", 256, 1, 0.9)];
        var table = StudyTable.Markdown(study, results);
        Assert.Contains("| recipe | 256 |\n|---|---|\n| b | 90.00, 1 s |\n", table, StringComparison.Ordinal);
        Assert.EndsWith(
            "Time of an update in ms (the median of a run's second half), and of the epoch that they make in s.\n\n| recipe | 64 | 128 |\n|---|---|---|\n| a | 1,235 ms, 7.41 s | no data |\n",
            table,
            StringComparison.Ordinal);
        using var folder = new TempFolder();
        StudyTime.Write(study, results, folder.Path);
        StudyPlot.Write(study, results, folder.Path);
        Assert.Equal(["curves-256.svg", "loss-256.svg", "time-epoch.svg", "time-update.svg"], Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal).Select(Path.GetFileName));
    }

    [Fact]
    public void Curvature_along_the_way_has_a_row_a_look_and_a_picture_of_the_ratios()
    {
        var study = Study.Read("summary: s\nbase: {probe: {everySteps: 5, what: curvature}}\nrecipes: [{name: a, shows: landscape, runs: [{batches: [64], seeds: [1, 2]}]}]", "t", [], out _)!;
        IReadOnlyList<StudyResult> results =
        [
            Result("a", 64, 1, 0.9) with { Looks = [new StudyLook(100, 2.25, 20, 0.5, 4.5, -0.125, 0.5, 0.25), new StudyLook(200, 0.125, 20, 0.0001, 8, 0.0625, 0.75, 0)] },
            Result("a", 64, 2, 0.9) with { Looks = [new StudyLook(100, double.MaxValue, 20)] },
        ];
        Assert.EndsWith(
            """
            | run | step | loss | gradient norm | λ_max | λ_min | edge 2/η | positive, % | negative, % |
            |---|---|---|---|---|---|---|---|---|
            | a-64-s1 | 100 | 2.25 | 0.5 | 4.5 | -0.125 | 20 | 50 | 25 |
            |  | 200 | 0.125 | 0.0001 | 8 | 0.0625 | 20 | 75 | 0 |
            | a-64-s2 | 100 | 1.798E+308 | – | – | – | 20 | – | – |

            """.ReplaceLineEndings("\n"),
            StudyTable.Markdown(study, results),
            StringComparison.Ordinal);
        Assert.All(results, result => Assert.Equal(result.Looks, StudyResult.FromJson(result.ToJson()).Looks));
        using var folder = new TempFolder();
        StudyLandscape.Write(study, results, folder.Path);
        var picture = File.ReadAllText(folder["minimum-ratio.svg"]);
        Assert.Contains("a-64-s1", picture, StringComparison.Ordinal);
        Assert.DoesNotContain("a-64-s2", picture, StringComparison.Ordinal);
    }

    [Fact]
    public void Smoothness_along_the_way_has_a_row_a_run_and_two_pictures()
    {
        var study = Study.Read("summary: s\nbase: {probe: {everySteps: 5, what: smoothness}}\nrecipes: [{name: a, shows: landscape, runs: [{batches: [64], seeds: [1, 2, 3]}]}]", "t", [], out _)!;
        StudyLook Look(long step, double beta) => new(step, 2, 20, 0.5, Smoothness: new SmoothnessMetrics(beta, 1, 1 + (beta / 8), 0.125, beta / 4));
        var lost = new StudyLook(15, double.MaxValue, 20);
        IReadOnlyList<StudyResult> results =
        [
            Result("a", 64, 1, 0.9) with { Looks = [Look(5, 2), Look(10, 4), lost, Look(20, 1)] },
            Result("a", 64, 2, null) with { Looks = [lost] },
        ];
        Assert.EndsWith(
            """
            | run | test accuracy, % | looks | β-smoothness | largest change of the gradient, % of its norm | range of the loss |
            |---|---|---|---|---|---|
            | a-64-s1 | 90.00 | 3 of 4 | 2 (1 to 4) | 100 (50 to 200) | 0.25 (0.125 to 0.5) |
            | a-64-s2 | diverged | 0 of 1 |  |  |  |

            """.ReplaceLineEndings("\n"),
            StudyTable.Markdown(study, results),
            StringComparison.Ordinal);
        Assert.DoesNotContain("λ_max", StudyTable.Markdown(study, results), StringComparison.Ordinal);
        Assert.Equal(results[0].Looks, StudyResult.FromJson(results[0].ToJson()).Looks);
        using var folder = new TempFolder();
        StudySmoothness.Write(study, [results[1]], folder.Path);
        StudyLandscape.Write(study, results, folder.Path);
        Assert.Empty(Directory.GetFiles(folder.Path));
        StudySmoothness.Write(study, results, folder.Path);
        Assert.Equal(["gradient-change.svg", "smoothness.svg"], Directory.GetFiles(folder.Path).Order(StringComparer.Ordinal).Select(Path.GetFileName));
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
