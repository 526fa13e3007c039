using DistTrain.Optimization.Order;
using DistTrain.ParameterServer.Metrics;
using DistTrain.Protocol;
using DistTrain.Recipes;

namespace DistTrain.ParameterServer.Tests.Metrics;

[Trait("Kind", "Fast")]
public sealed class EvaluationTallyTests
{
    private static readonly DatasetRecipe Table = new(DatasetNames.Csv, "/data", null, null);

    private readonly EvaluationTally _tally = new(new RankTree(3), Table);

    [Fact]
    public void The_total_comes_with_the_last_report_and_is_taken_over_all_examples()
    {
        Assert.Null(_tally.Add(Report(5, 2, examples: 1, loss: 4, correct: 0)));
        Assert.Null(_tally.Add(Report(5, 0, examples: 4, loss: 2, correct: 3)));
        Assert.False(_tally.IsComplete(5));
        Assert.Equal(new EvaluationTotal(5, Examples: 8, Loss: 1, new TaskFigures(0.5, Measures: null)), _tally.Add(Report(5, 1, examples: 3, loss: 2, correct: 1)));
        Assert.True(_tally.IsComplete(5));
    }

    /// <summary>Ranks add two numbers; what these are, the task says.</summary>
    [Fact]
    public void Sums_are_named_by_the_task()
    {
        Assert.Equal(new TaskFigures(0.5, Measures: null), TaskFigures.Of(Table, 0.5, 0));
        Assert.Equal(new TaskFigures(0.5, new Measures { TopAccuracy = 0.75 }), TaskFigures.Of(Table with { Classification = new ClassificationRecipe(0, [], TopK: 2) }, 0.5, 0.75));
        Assert.Equal(
            new TaskFigures(0, new Measures { RSquared = 0.5, AbsoluteError = 0.75 }), TaskFigures.Of(Table with { Regression = new RegressionRecipe(RegressionLosses.Squared, 1) }, 0.5, 0.75));
    }

    [Fact]
    public void A_report_that_comes_again_counts_once()
    {
        _tally.Add(Report(1, 0, examples: 2, loss: 2, correct: 2));
        Assert.Null(_tally.Add(Report(1, 0, examples: 2, loss: 2, correct: 2)));
        _tally.Add(Report(1, 1, examples: 2, loss: 2, correct: 2));
        Assert.Equal(6, _tally.Add(Report(1, 2, examples: 2, loss: 2, correct: 2))!.Examples);
        Assert.Null(_tally.Add(Report(1, 2, examples: 2, loss: 2, correct: 2)));
    }

    [Fact]
    public void The_total_has_the_same_bits_in_any_order()
    {
        double[] losses = [0.1, 0.2, 0.3];
        var totals = new[] { (int[])[0, 1, 2], [2, 1, 0], [1, 2, 0] }.Select(order =>
        {
            var tally = new EvaluationTally(new RankTree(3), Table);
            return order.Select(rank => tally.Add(Report(0, rank, examples: 1, losses[rank], correct: 1))).ToList()[^1]!.Loss;
        });
        Assert.Equal(BitConverter.DoubleToInt64Bits((0.1 + 0.2 + 0.3) / 3), Assert.Single(totals.Select(BitConverter.DoubleToInt64Bits).Distinct()));
    }

    private static EvaluationReport Report(long version, int rank, int examples, double loss, int correct) =>
        new() { Version = version, Rank = rank, Examples = examples, LossSum = loss, Correct = correct };
}
