using DistTrain.Cli.Studies;
using DistTrain.Recipes.Studies;

namespace DistTrain.Cli.Tests.Studies;

[Trait("Kind", "Fast")]
public class StudyForksTests
{
    private static readonly Study Forked = Study.Read(
        """
        summary: s
        recipes:
          - {name: trunk, spec: {checkpoint: {everySteps: 5, keep: 9}}, runs: [{batches: [64], seeds: [1, 2, 3]}]}
          - {name: early, forks: {recipe: trunk, batch: 64, step: 5}, runs: [{batches: [64, 128, 256, 512], seeds: [1, 2, 3]}]}
          - {name: late, forks: {recipe: trunk, batch: 64, step: 10}, runs: [{batches: [64, 128], seeds: [1]}]}
        """,
        "t",
        [],
        out _)!;

    /// <summary>Seed by seed: of 128 two are above and one is below, all of 256 are above by much the same; 512, which would do, stands behind one that does not. Of one seed nothing is known.</summary>
    [Fact]
    public void The_largest_batch_is_the_last_before_one_that_loses_more_than_its_error()
    {
        var table = StudyTable.Markdown(Forked, [.. Results()]);
        Assert.Contains(
            """
            | fork | 64 | 128 | 256 | 512 | loses nothing | predicted |
            |---|---|---|---|---|---|---|
            | early | 0 | 1.0 ± 6.6 | 10.0 ± 2.5 | 0.0 ± 2.5 | 128 | 90 |
            | late | 0 | 5.0 |  |  | 64 | no data |

            """.ReplaceLineEndings("\n"),
            table,
            StringComparison.Ordinal);
        using var folder = new TempFolder();
        StudyForks.Write(Forked, [.. Results()], folder.Path);
        Assert.Equal("forks.svg", Path.GetFileName(Assert.Single(Directory.GetFiles(folder.Path))));
    }

    [Fact]
    public void Of_a_study_that_forks_nothing_nothing_is_said()
    {
        var plain = Study.Read("summary: s\nrecipes: [{name: a, runs: [{batches: [64], seeds: [1]}]}]", "t", [], out _)!;
        Assert.Empty(StudyForks.Table(plain, [StudyTableTests.Result("a", 64, 1, 0.9)]));
        // Nor before the smallest batch has run.
        Assert.Empty(StudyForks.Table(Forked, [.. Results().Where(r => r.Batch > 64 || r.Recipe == "trunk")]));
    }

    [Fact]
    public void A_fork_of_another_trunk_is_another_cell()
    {
        string Sha(Study study) => StudyResult.ShaOf(study, study.Cells[^1]);
        var other = Study.Read("summary: s\nrecipes:\n- {name: trunk, spec: {optimizer: {lr: 0.3}, checkpoint: {everySteps: 5}}, runs: [{batches: [64], seeds: [1]}]}\n"
            + "- {name: late, forks: {recipe: trunk, batch: 64, step: 10}, runs: [{batches: [64, 128], seeds: [1]}]}", "t", [], out _)!;
        Assert.Equal(Forked.Cells[^1].Job, other.Cells[^1].Job with { Spec = Forked.Cells[^1].Job.Spec });
        Assert.Equal(StudyResult.ShaOf(Forked.Cells[^1].Job), StudyResult.ShaOf(other.Cells[^1].Job));
        Assert.NotEqual(Sha(Forked), Sha(other));
    }

    private static IEnumerable<StudyResult> Results()
    {
        double[] base64 = [0.100, 0.110, 0.120];
        for (var seed = 1; seed <= 3; seed++)
        {
            yield return StudyTableTests.Result("trunk", 64, seed, 0.9) with { Predictions = [new StudyPrediction(5, 80 + (10 * (seed - 1))), new StudyPrediction(10, null)] };
            yield return End("early", 64, seed, base64[seed - 1]);
            yield return End("early", 128, seed, base64[seed - 1] + new[] { 0.002, -0.002, 0.003 }[seed - 1]);
            yield return End("early", 256, seed, base64[seed - 1] + new[] { 0.009, 0.010, 0.011 }[seed - 1]);
            yield return End("early", 512, seed, base64[seed - 1] + new[] { -0.001, 0.000, 0.001 }[seed - 1]);
        }

        yield return End("late", 64, 1, 0.1);
        yield return End("late", 128, 1, 0.105);
    }

    private static StudyResult End(string recipe, int batch, int seed, double loss) =>
        StudyTableTests.Result(recipe, batch, seed, 0.9) with { Evaluations = [new StudyEvaluation(1, 0.9, loss)] };
}
