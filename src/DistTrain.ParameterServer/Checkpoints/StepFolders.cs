using System.Globalization;

namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>Where the checkpoints of a run lie: <c>checkpoints/step-N</c>.</summary>
public static class StepFolders
{
    private const string Prefix = "step-";

    /// <summary>The folder of all checkpoints of a run.</summary>
    public static string In(string run) => Path.Combine(run, "checkpoints");

    /// <summary>The folder of one.</summary>
    public static string Of(string run, long step) => Path.Combine(In(run), NameOf(step));

    /// <summary>Its name.</summary>
    public static string NameOf(long step) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step}");

    /// <summary>The steps of which there is a folder, in no order; none where the run has no checkpoints.</summary>
    public static IReadOnlyList<long> Steps(string run) => !Directory.Exists(In(run))
        ? []
        : [.. Directory.EnumerateDirectories(In(run), $"{Prefix}*")
            .Select(folder => long.TryParse(Path.GetFileName(folder)[Prefix.Length..], CultureInfo.InvariantCulture, out var step) ? step : -1)
            .Where(step => step >= 0)];
}
