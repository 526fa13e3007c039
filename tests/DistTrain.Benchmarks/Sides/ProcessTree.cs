using System.Globalization;

namespace DistTrain.Benchmarks.Sides;

/// <summary>Processes and those they have started, by what the system says of them (/proc).</summary>
internal static class ProcessTree
{
    /// <summary>The processes, and all that descend from them.</summary>
    public static IReadOnlyList<int> Of(params IEnumerable<int> roots)
    {
        var parents = Directory.EnumerateDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out var id) ? id : 0).Where(id => id > 0)
            .ToDictionary(id => id, id => Fields(id) is { } fields ? int.Parse(fields[1], CultureInfo.InvariantCulture) : 0);
        List<int> found = [.. roots];
        for (var i = 0; i < found.Count; i++)
            found.AddRange(parents.Where(p => p.Value == found[i]).Select(p => p.Key));
        return found;
    }

    /// <summary>What one that runs has taken of the processor by now, with all that descend from it and run; in seconds.</summary>
    public static double ProcessorSeconds(int root) =>
        // Times are in ticks of 10 ms (sysconf(_SC_CLK_TCK) is 100 on every Linux that .NET runs on).
        Of(root).Select(Fields).OfType<string[]>().Sum(f => long.Parse(f[11], CultureInfo.InvariantCulture) + long.Parse(f[12], CultureInfo.InvariantCulture)) / 100.0;

    /// <summary>"id (name) state parent …", from the state on; a name may hold spaces and brackets. Null of a process that has ended meanwhile.</summary>
    private static string[]? Fields(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
