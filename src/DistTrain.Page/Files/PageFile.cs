namespace DistTrain.Page.Files;

/// <summary>The page's own files, which lie in the assembly.</summary>
public static class PageFile
{
    public const string Document = "page.html", Style = "page.css", Charts = "echarts.js", Start = "app.js";

    /// <summary>The page's modules, each before those that import it.</summary>
    public static IReadOnlyList<string> Modules { get; } =
        ["text.js", "state.js", "series.js", "elements.js", "table.js", "plot.js", "panels.js", "faults.js", "facts.js", "ranks.js", "landscape.js", "slices.js", "run.js", "groups.js", "compare.js", "news.js", "jobs.js", "cluster.js", Start];

    /// <summary>Its bytes.</summary>
    /// <param name="name">One of the names above.</param>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static byte[] Read(string name)
    {
        using var stream = typeof(PageFile).Assembly.GetManifestResourceStream(name) ?? throw new ArgumentException($"the page has no file {name}", nameof(name));
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    /// <summary>The same as text.</summary>
    internal static string Text(string name)
    {
        using var reader = new StreamReader(new MemoryStream(Read(name)));
        return reader.ReadToEnd();
    }
}
