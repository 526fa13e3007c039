using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DistTrain.Cli.Invocation;
using DistTrain.Recipes;
using DistTrain.Recipes.Studies;

namespace DistTrain.Cli.Studies;

/// <summary>The folder of a study: <c>results.jsonl</c> with a line for each cell that is done, the table, and a folder for each run.</summary>
internal sealed class StudyFolder
{
    private readonly Dictionary<string, StudyResult> _results = [];

    private StudyFolder(string path) => Path = path;

    public string Path { get; }

    private string ResultsFile => System.IO.Path.Combine(Path, "results.jsonl");

    /// <summary>Opens or makes the folder; what is done in it stays done.</summary>
    /// <exception cref="CommandException">It cannot be made, or its results cannot be read.</exception>
    public static StudyFolder Open(string path)
    {
        var folder = new StudyFolder(System.IO.Path.GetFullPath(path));
        try
        {
            Directory.CreateDirectory(folder.Path);
            if (File.Exists(folder.ResultsFile))
            {
                foreach (var result in File.ReadLines(folder.ResultsFile).Select(StudyResult.FromJson))
                    folder._results[result.Cell] = result;
            }
        }
        catch (JsonException e)
        {
            throw CommandException.BadInput($"--out {path}: {folder.ResultsFile}: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, $"--out {path}");
        }

        return folder;
    }

    /// <summary>The cell's result, when it was of the very same job.</summary>
    public StudyResult? Find(string cell, string jobSha256) =>
        _results.GetValueOrDefault(cell) is { } result && result.JobSha256 == jobSha256 ? result : null;

    /// <summary>What is done of the study as it stands: a cell that was done with other settings is not yet.</summary>
    public IReadOnlyList<StudyResult> ResultsOf(Study study) => [.. study.Cells.Select(c => Find(c.Name, ShaOf(c.Job))).OfType<StudyResult>()];

    /// <summary>The job's identity: where its data lies on this machine is no part of it.</summary>
    public static string ShaOf(TrainingJob job) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
            JobFile.Write(job with { Spec = job.Spec with { Dataset = job.Spec.Dataset with { Path = null } } }))));

    /// <summary>An empty folder for a run; what a run that was cut short left there is removed.</summary>
    public string NewRun(string cell)
    {
        var run = System.IO.Path.Combine(Path, cell);
        if (Directory.Exists(run))
            Directory.Delete(run, recursive: true);
        return run;
    }

    public void Add(StudyResult result)
    {
        _results[result.Cell] = result;
        File.WriteAllLines(ResultsFile + ".new", _results.Values.Select(r => r.ToJson()));
        File.Move(ResultsFile + ".new", ResultsFile, overwrite: true);
    }

    public void WriteTable(string markdown) => File.WriteAllText(System.IO.Path.Combine(Path, "table.md"), markdown);
}
