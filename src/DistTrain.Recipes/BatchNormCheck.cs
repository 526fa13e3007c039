using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Recipes;

/// <summary>Whether BatchNorm has examples enough in each step of a job: one value has no variance. Known with the data's size and the model.</summary>
public static class BatchNormCheck
{
    /// <summary>How far a batch or a training set that would do is looked for.</summary>
    private const int Reach = 1024;

    /// <summary>Why a step of the job would fail, and what to do; null if none would.</summary>
    /// <param name="spec">The job.</param>
    /// <param name="layout">Its model.</param>
    /// <param name="trainExamples">Size of the training set.</param>
    public static string? Problem(TrainingSpec spec, ParameterLayout layout, int trainExamples)
    {
        if (!spec.BatchNorm.Scope.IsShared || !HasOneValueAnExample(layout) || FirstAlone(spec, trainExamples) is not { } alone)
            return null;
        var (step, ranks) = alone;
        var who = ranks.Count == 1 ? $"rank {ranks[0]}" : $"ranks {ranks[0]} to {ranks[^1]} together";
        return $"{step.Name}, of {step.Take} example(s), leaves {who} one example to take statistics over, and one value has no variance; {Cure(spec, trainExamples)}";
    }

    /// <summary>What is allowed and teaches nothing, or null.</summary>
    public static string? Warning(TrainingSpec spec, ParameterLayout layout)
    {
        var (scope, share) = (spec.BatchNorm.Scope, Shard.LargestCount(spec.Workers, spec.BatchPlan.Largest));
        var most = scope.Kind == BatchNormScopeKind.Ghost ? Math.Min(scope.Size, spec.LargestMicroBatch) : Math.Min(share, spec.LargestMicroBatch);
        return scope.IsShared || most > 1 || !HasOneValueAnExample(layout)
            ? null
            : $"BatchNorm takes its statistics over one example at a time (batch {spec.Batch} over {spec.Workers} rank(s), microBatch {spec.MicroBatch}, batchNorm.scope {scope}), "
                + "which makes all examples alike: nothing before it learns. Raise these, or use batchNorm.scope: global or another norm";
    }

    private static bool HasOneValueAnExample(ParameterLayout layout) =>
        layout.Segments.Any(s => s is { Kind: SegmentKind.Statistics, PositionsPerExample: 1 });

    private static (SharedStep Step, List<int> Ranks)? FirstAlone(TrainingSpec spec, int trainExamples)
    {
        foreach (var step in SharedSteps(spec, trainExamples))
        {
            if (Alone(spec, step.Take) is { } ranks)
                return (step, ranks);
        }

        return null;
    }

    /// <summary>The ranks of a scope that have one example together in some micro-batch, or null.</summary>
    private static List<int>? Alone(TrainingSpec spec, int take)
    {
        var (group, size) = (spec.BatchNorm.Scope.RanksOf(spec.Workers), spec.LargestMicroBatch);
        for (var first = 0; first < spec.Workers; first += group)
        {
            List<int> ranks = [.. Enumerable.Range(first, Math.Min(group, spec.Workers - first))];
            int[] shares = [.. ranks.Select(rank => Shard.Of(rank, spec.Workers, take).Count)];
            for (var from = 0; from < shares.Max(); from += size)
            {
                if (shares.Sum(share => Math.Clamp(share - from, 0, size)) == 1)
                    return ranks;
            }
        }

        return null;
    }

    /// <summary>The steps, as far as they are known beforehand, in which ranks take statistics together: one of each kind.</summary>
    private static IEnumerable<SharedStep> SharedSteps(TrainingSpec spec, int trainExamples)
    {
        if (spec.Dataset.Normalize != InputNormalizations.None)
            yield return new("the first step", trainExamples);
        foreach (var batch in Batches(spec).Distinct())
        {
            var (full, rest) = (Math.Min(batch, trainExamples), trainExamples % batch);
            yield return new("each step", full);
            // The noise may have changed the batch before an epoch ends.
            var isKnown = spec.BatchPlan.Following is null;
            if (rest > 0 && batch < trainExamples && isKnown && (spec.Steps is null || spec.Steps >= Position.StepsInEpoch(batch, trainExamples)))
                yield return new("the last step of each epoch", rest);
        }

        if (!spec.AveragingPlan.IsNone || spec.BatchNorm.Evaluation == BatchNormEvaluations.Recompute)
            yield return new("the step that takes statistics anew", trainExamples);
    }

    /// <summary>The batches of the epochs in which all ranks train together.</summary>
    private static IEnumerable<int> Batches(TrainingSpec spec)
    {
        var epochs = spec.Epochs ?? 1;
        if (spec.AveragingPlan.Local is { } local)
            epochs = Math.Min(epochs, (int)local.StartEpoch);
        return spec.BatchPlan.Policy is null
            ? Enumerable.Repeat(spec.Batch, Math.Min(epochs, 1))
            : Enumerable.Range(0, epochs).Select(spec.BatchPlan.At);
    }

    private static string Cure(TrainingSpec spec, int trainExamples)
    {
        List<string> cures = [];
        if (spec.BatchPlan.Policy is null && Nearest(spec.Batch, spec.Workers, batch => FirstAlone(spec with { BatchPlan = new BatchRecipe(batch, null) }, trainExamples) is null) is { } batch)
            cures.Add($"batch: {batch}");
        if (Enumerable.Range(1, Math.Min(Reach, spec.Batch)).Select(less => trainExamples - less).FirstOrDefault(count => count > 0 && FirstAlone(spec, count) is null) is > 0 and var examples)
            cures.Add($"dataset.trainExamples: {examples}");
        return cures.Count > 0 ? $"use {string.Join(" or ", cures)}, or another batchNorm.scope" : "use another batchNorm.scope or norm";
    }

    private static int? Nearest(int value, int least, Predicate<int> does)
    {
        for (var distance = 1; distance <= Reach; distance++)
        {
            if (does(value + distance))
                return value + distance;
            if (value - distance >= least && does(value - distance))
                return value - distance;
        }

        return null;
    }

    private readonly record struct SharedStep(string Name, int Take);
}
