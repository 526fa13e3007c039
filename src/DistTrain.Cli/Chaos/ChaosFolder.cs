using System.Text.Json;
using DistTrain.Cli.Invocation;

namespace DistTrain.Cli.Chaos;

/// <summary>The folder of a chaos session: <c>results.jsonl</c> with a line for each run that is done, the table, and a folder for each run.</summary>
internal sealed class ChaosFolder
{
    private readonly Dictionary<string, ChaosResult> _results = [];

    private ChaosFolder(string path) => Path = path;

    /// <summary>Absolute.</summary>
    public string Path { get; }

    private string ResultsFile => System.IO.Path.Combine(Path, "results.jsonl");

    /// <summary>Opens or makes the folder; what is done in it stays done.</summary>
    /// <exception cref="CommandException">It cannot be made, or its results cannot be read.</exception>
    public static ChaosFolder Open(string path)
    {
        var folder = new ChaosFolder(System.IO.Path.GetFullPath(path));
        try
        {
            Directory.CreateDirectory(folder.Path);
            if (File.Exists(folder.ResultsFile))
            {
                foreach (var result in File.ReadLines(folder.ResultsFile).Select(ChaosResult.FromJson))
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

    public string RunFolder(string run) => System.IO.Path.Combine(Path, run);

    /// <summary>The run's result, when it was of the very same job and cluster.</summary>
    public ChaosResult? Find(string run, string setup) => _results.GetValueOrDefault(run) is { } result && result.Setup == setup ? result : null;

    /// <summary>An empty folder for a run; what one that was cut short left there is removed.</summary>
    public string NewRun(string run)
    {
        if (Directory.Exists(RunFolder(run)))
            Directory.Delete(RunFolder(run), recursive: true);
        return RunFolder(run);
    }

    public void Add(ChaosResult result)
    {
        _results[result.Run] = result;
        File.WriteAllLines(ResultsFile + ".new", _results.Values.Select(r => r.ToJson()));
        File.Move(ResultsFile + ".new", ResultsFile, overwrite: true);
    }

    public void WriteTable(string markdown) => File.WriteAllText(System.IO.Path.Combine(Path, "table.md"), markdown);
}
