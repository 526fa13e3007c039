using System.Text.Json;
using DistTrain.Cli.Invocation;

namespace DistTrain.Cli.Results;

/// <summary>The folder of many runs: <c>results.jsonl</c> with a line for each run that is done, <c>table.md</c>, and a folder for each run.</summary>
/// <typeparam name="TResult">What a run has brought.</typeparam>
internal sealed class ResultsFolder<TResult>
    where TResult : class, IRunResult<TResult>
{
    private readonly Dictionary<string, TResult> _results = [];

    private ResultsFolder(string path) => Path = path;

    /// <summary>Absolute.</summary>
    public string Path { get; }

    private string ResultsFile => System.IO.Path.Combine(Path, "results.jsonl");

    /// <summary>Opens or makes the folder; what is done in it stays done.</summary>
    /// <exception cref="CommandException">It cannot be made, or its results cannot be read.</exception>
    public static ResultsFolder<TResult> Open(string path)
    {
        var folder = new ResultsFolder<TResult>(System.IO.Path.GetFullPath(path));
        try
        {
            Directory.CreateDirectory(folder.Path);
            if (File.Exists(folder.ResultsFile))
            {
                foreach (var result in File.ReadLines(folder.ResultsFile).Select(TResult.FromJson))
                    folder._results[result.Run] = result;
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

    /// <summary>The folder of a run.</summary>
    public string RunFolder(string run) => System.IO.Path.Combine(Path, run);

    /// <summary>The run's result, when it was of the very same set-up.</summary>
    public TResult? Find(string run, string setup) => _results.GetValueOrDefault(run) is { } result && result.Setup == setup ? result : null;

    /// <summary>An empty folder for a run; what one that was cut short left there is removed.</summary>
    public string NewRun(string run)
    {
        if (Directory.Exists(RunFolder(run)))
            Directory.Delete(RunFolder(run), recursive: true);
        return RunFolder(run);
    }

    /// <summary>A run is done.</summary>
    public void Add(TResult result)
    {
        _results[result.Run] = result;
        File.WriteAllLines(ResultsFile + ".new", _results.Values.Select(r => r.ToJson()));
        File.Move(ResultsFile + ".new", ResultsFile, overwrite: true);
    }

    public void WriteTable(string markdown) => File.WriteAllText(System.IO.Path.Combine(Path, "table.md"), markdown);
}
