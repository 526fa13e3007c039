namespace DistTrain.Recipes.Files;

/// <summary>A file of either kind, a job's or a probe's, as a cluster is sent it.</summary>
/// <param name="Name"><c>metadata.name</c>; null where there are problems.</param>
/// <param name="Text">In canonical form; null where there are problems.</param>
/// <param name="Problems">In order of line, those of overrides last. Empty when the file is good.</param>
public sealed record SubmittedFile(string? Name, string? Text, IReadOnlyList<JobProblem> Problems)
{
    /// <summary>What is allowed but likely a mistake.</summary>
    public IReadOnlyList<JobProblem> Warnings { get; init; } = [];

    /// <summary>Reads one. Bad input is a result, never an exception.</summary>
    /// <param name="yaml">Text of the file.</param>
    /// <param name="source">Name of the file as the user knows it; each problem begins with it.</param>
    /// <param name="overrides"><c>path=value</c>, in order.</param>
    public static SubmittedFile Read(string yaml, string source, IReadOnlyList<string> overrides)
    {
        if (ProbeFile.Is(yaml))
        {
            var (probe, problems) = ProbeFile.Read(yaml, source, overrides);
            return new SubmittedFile(probe?.Name, probe?.Write(), problems);
        }

        var read = JobFile.Read(yaml, source, overrides);
        return new SubmittedFile(read.Job?.Name, read.Job is { } job ? JobFile.Write(job) : null, read.Problems) { Warnings = read.Warnings };
    }
}
