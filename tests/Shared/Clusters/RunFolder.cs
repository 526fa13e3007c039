namespace DistTrain.Tests.Clusters;

/// <summary>A temporary folder for runs. Disposing checks that no process that was started in it is left.</summary>
internal sealed class RunFolder : IDisposable
{
    private readonly TempFolder _folder = new();

    public string Path => _folder.Path;

    /// <summary>A path in it.</summary>
    public string this[string name] => _folder[name];

    /// <summary>Processes whose command line names this folder.</summary>
    public IReadOnlyList<string> Processes() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Where(d => int.TryParse(System.IO.Path.GetFileName(d), out var id) && id != Environment.ProcessId)
            .Select(CommandLine)
            .Where(c => c.Contains(Path, StringComparison.Ordinal) && c.Contains("disttrain", StringComparison.Ordinal)),
    ];

    public void Dispose()
    {
        var left = Processes();
        _folder.Dispose();
        Assert.Empty(left);
    }

    private static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(System.IO.Path.Combine(process, "cmdline")).Replace('\0', ' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }
}
