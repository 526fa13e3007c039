using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Options;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Recipes;

namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>What a job may take over from what another has saved, beside its weights.</summary>
internal static class StartRules
{
    /// <summary>Each reason with the key that it is about; empty: it may take over what it wants.</summary>
    public static IEnumerable<string> Problems(PartitionPlan plan, StartSource source)
    {
        var from = plan.Job.Spec.From!;
        foreach (var (path, isKept, without, problems) in new[]
        {
            ("spec.from.slots", from.KeepsSlots, StartSlots.Drop, SlotProblems(plan, source)),
            ("spec.from.position", from.KeepsPosition, StartPositions.Start, PositionProblems(plan, source)),
        })
        {
            foreach (var problem in isKept ? problems : [])
                yield return $"{path}: 'keep' can't be: {problem}; or use '{without}'";
        }
    }

    private static IEnumerable<string> SlotProblems(PartitionPlan plan, StartSource source)
    {
        if (source.Saved is not { } saved)
        {
            yield return $"{source.Path} is a model file, which has no slots; give a checkpoint's folder";
            yield break;
        }

        if (Parted(saved, source.Path) is { } parted)
            yield return parted;
        var (before, now) = (saved.Job.Spec.Optimizer, plan.Job.Spec.Optimizer);
        if (before.Name != now.Name)
        {
            yield return $"{source.Path} has slots of {before.Name}, and the job's optimizer is {now.Name}; use the same";
            yield break;
        }

        // A choice is one of form: what the numbers in the slots are depends on it.
        foreach (var option in OptimizerCatalog.Find(now.Name)!.Options.Where(option => option.Kind == OptionKind.Choice))
        {
            if (before.Options.Choice(option.Name) != now.Options.Choice(option.Name))
                yield return $"{source.Path} has slots of {now.Name} with {option.Name} {before.Options.Choice(option.Name)}, and the job's is {now.Options.Choice(option.Name)}; use the same";
        }
    }

    private static IEnumerable<string> PositionProblems(PartitionPlan plan, StartSource source)
    {
        if (source.Saved is not { } saved)
        {
            yield return $"{source.Path} is a model file, which has no position; give a checkpoint's folder";
            yield break;
        }

        if (Parted(saved, source.Path) is { } parted)
            yield return parted;
        if (saved.DataFingerprint != plan.DataFingerprint)
            yield return $"the job has other data than {source.Path}, where its place means nothing; use the same";
        if (saved.Job.Spec.Seed != plan.Job.Spec.Seed && saved.Open.Position.Cursor > 0)
            yield return $"{source.Path} stands in the middle of an epoch in the order of seed {saved.Job.Spec.Seed}, and the job's seed is {plan.Job.Spec.Seed}; use the same";
        else if (plan.Course.WhyNotAt(saved.Open) is { } reason)
            yield return $"{source.Path}: {reason}";
    }

    /// <summary>Where ranks have replicas of their own, or have had them, a place and slots belong to each, not to the mean.</summary>
    private static string? Parted(SavedCourse saved, string path) => saved.Open is { Sharing: Sharing.Together, Position.Phase: 0 }
        ? null
        : $"{path} is of a phase of {saved.Job.Spec.Averaging.Name} in which ranks have replicas of their own, or behind it; give a checkpoint from before";
}
