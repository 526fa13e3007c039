namespace DistTrain.Recipes.Files;

/// <summary>What became of reading a job file: a resolved job, or every problem in it.</summary>
/// <param name="Job">The resolved job; null exactly when there are problems.</param>
/// <param name="Problems">In order of line, those of overrides last. Empty when the job is good.</param>
public sealed record JobFileResult(TrainingJob? Job, IReadOnlyList<JobProblem> Problems)
{
    /// <summary>What is allowed but likely a mistake, in the same order; there may be some beside a good job.</summary>
    public IReadOnlyList<JobProblem> Warnings { get; init; } = [];
}
