using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Invocation;
using DistTrain.Recipes;

namespace DistTrain.Cli.Commands;

/// <summary>What a cluster is asked to look at.</summary>
/// <param name="Weights">The weights.</param>
/// <param name="Job">The job that they are of, where this machine has read it; null: the cluster knows it.</param>
/// <param name="Source">For people.</param>
/// <param name="Step">Of the weights, as far as it is known here.</param>
internal sealed record ClusterTarget(ProbedWeights Weights, TrainingSpec? Job, string Source, long? Step)
{
    /// <summary>Of the command's argument: what is there as a folder or file is that, anything else the id of a job.</summary>
    /// <param name="what">The argument.</param>
    /// <param name="step">Of a job's checkpoint.</param>
    /// <param name="overrides">Of the job that a folder or file says.</param>
    /// <exception cref="CommandException">It is neither, or options don't go with it.</exception>
    public static ClusterTarget Of(string what, long? step, IReadOnlyList<string> overrides)
    {
        if (!Path.Exists(what))
        {
            if (!JobId.IsValid(what))
                throw CommandException.BadInput($"'{what}' is no folder or file, and no job id: {SharedOptions.JobIdRule}");
            if (overrides.Count > 0)
                throw CommandException.BadInput($"--set {overrides[0]}: a job of the cluster is looked at as it is; leave it out, or name a checkpoint's folder");
            return new ClusterTarget(new ProbedWeights(what, step, null), null, step is null ? $"job {what}" : $"job {what}, step {step}", step);
        }

        if (step is not null)
            throw CommandException.BadInput($"--step {step}: is of a job; name the step-N folder instead");
        var saved = SavedModel.Read(what);
        return new ClusterTarget(new ProbedWeights(null, null, Path.GetFullPath(saved.Source)), saved.ReadSpec(overrides), saved.Source, saved.Step);
    }
}
