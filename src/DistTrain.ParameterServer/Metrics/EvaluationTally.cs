using DistTrain.Optimization.Order;
using DistTrain.Protocol;
using DistTrain.Recipes;

namespace DistTrain.ParameterServer.Metrics;

/// <summary>Adds the ranks' shares of an evaluation in rank-tree order. A version's evaluation is final once complete. Not thread-safe.</summary>
internal sealed class EvaluationTally(RankTree tree, DatasetRecipe dataset)
{
    private readonly Dictionary<long, EvaluationReport?[]> _open = [];
    private long _lastComplete = -1;

    public bool IsComplete(long version) => _lastComplete >= version;

    /// <summary>The total over all ranks when this report was the last one missing, else null.</summary>
    public EvaluationTotal? Add(EvaluationReport report)
    {
        if (IsComplete(report.Version))
            return null;
        if (!_open.TryGetValue(report.Version, out var reports))
            _open[report.Version] = reports = new EvaluationReport?[tree.Ranks];
        reports[report.Rank] = report;
        if (reports.Contains(null))
            return null;
        _open.Remove(report.Version);
        _lastComplete = report.Version;
        var examples = reports.Sum(r => r!.Examples);
        return new EvaluationTotal(
            report.Version,
            examples,
            Loss: tree.Sum([.. reports.Select(r => r!.LossSum)]) / examples,
            TaskFigures.Of(dataset, reports.Sum(r => r!.Correct) / examples, reports.Sum(r => r!.Beside) / examples));
    }
}

/// <summary>A version's figures on a whole set.</summary>
internal sealed record EvaluationTotal(long Version, int Examples, double Loss, TaskFigures Told)
{
    public EvaluationMetrics ToMetrics(double epoch) => new() { Step = Version, Epoch = epoch, Loss = Loss, Accuracy = Told.Accuracy, Examples = Examples, Measures = Told.Measures };
}
