using DistTrain.Recipes.Files;

namespace DistTrain.Recipes.Tests;

/// <summary>Short ways to write the jobs of the tests.</summary>
internal static class JobText
{
    public const string Head = "apiVersion: disttrain.dev/v1\nkind: TrainingJob\n";

    /// <summary>A file with <paramref name="spec"/> (indented by two) in its spec, which begins on line 4.</summary>
    public static string WithSpec(string spec) => $"{Head}spec:\n{spec}\n";

    public static JobFileResult Read(string? yaml, params string[] overrides) => JobFile.Read(yaml, "job.yaml", overrides);

    /// <summary>The job, which must be without problems.</summary>
    public static TrainingJob Job(string? yaml, params string[] overrides)
    {
        var result = Read(yaml, overrides);
        Assert.Empty(result.Problems.Select(p => p.ToString()));
        return result.Job!;
    }

    /// <summary>The problems as the user sees them; there must be some, and no job.</summary>
    public static string[] Problems(string? yaml, params string[] overrides)
    {
        var result = Read(yaml, overrides);
        Assert.Null(result.Job);
        Assert.NotEmpty(result.Problems);
        return [.. result.Problems.Select(p => p.ToString())];
    }
}
