using DistTrain.Cli.Invocation;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;

namespace DistTrain.Cli.Jobs;

/// <summary>The job file of a command line, with its overrides, as a resolved job.</summary>
internal static class JobFileInput
{
    /// <param name="path">The file, or null for <paramref name="builtIn"/>.</param>
    /// <param name="overrides"><c>path=value</c>, in order.</param>
    /// <param name="error">Receives the warnings.</param>
    /// <param name="builtIn">The text of a job file; null: the defaults.</param>
    /// <exception cref="CommandException">With every problem of the file.</exception>
    public static TrainingJob Read(string? path, IReadOnlyList<string> overrides, TextWriter error, string? builtIn = null)
    {
        var result = JobFile.Read(path is null ? builtIn : Load(path), path ?? "defaults", overrides);
        Warn(result.Warnings, error);
        return result.Job ?? throw CommandException.BadInput([.. result.Problems.Select(problem => problem.ToString())]);
    }

    /// <summary>A job or a probe, as the text that a cluster is sent.</summary>
    /// <inheritdoc cref="Read"/>
    public static (string Name, string Text) ReadForCluster(string path, IReadOnlyList<string> overrides, TextWriter error)
    {
        var read = SubmittedFile.Read(Load(path), path, overrides);
        Warn(read.Warnings, error);
        return read is { Name: { } name, Text: { } text } ? (name, text) : throw CommandException.BadInput([.. read.Problems.Select(problem => problem.ToString())]);
    }

    private static void Warn(IReadOnlyList<JobProblem> warnings, TextWriter error)
    {
        foreach (var warning in warnings)
            error.WriteLine($"warning: {warning}");
    }

    private static string Load(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw CommandException.BadInput($"{path}: there is no such job file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, path);
        }
    }
}
