using System.Globalization;
using System.Text;

namespace DistTrain.Cli.Chaos;

/// <summary>The results as Markdown: a row a run.</summary>
internal static class ChaosTable
{
    /// <param name="summary">What was run, one line.</param>
    /// <param name="results">The undisturbed run first.</param>
    public static string Markdown(string summary, IReadOnlyList<ChaosResult> results)
    {
        var text = new StringBuilder($"{summary}\n\n");
        text.Append("| run | kills | other faults | recoveries | steps redone | seconds | lost | longest stall, s | weightsSha256 | |\n");
        text.Append("|---|---|---|---|---|---|---|---|---|---|\n");
        foreach (var result in results)
        {
            var lost = result.Run == ChaosResult.Undisturbed ? "" : Text(result.Seconds - results[0].Seconds);
            var others = string.Join(", ", result.Faults.Where(f => f.Key != "kill").OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Value} {f.Key}"));
            text.Append(CultureInfo.InvariantCulture, $"| {result.Run} | {result.Kills} | {others} | {result.Recoveries} | {result.RedoneSteps} | {Text(result.Seconds)} | {lost} ");
            text.Append(CultureInfo.InvariantCulture, $"| {Text(result.LongestStall)} | {result.WeightsSha256} | {result.State} |\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\n{results.Count(r => r.State == ChaosResult.Passed)} of {results.Count} passed.\n");
        foreach (var result in results.Where(r => r.Violations.Count > 0))
            text.Append($"\n{result.Run}:\n\n").AppendJoin("\n", result.Violations.Select(v => $"- {v}")).Append('\n');
        return text.ToString();
    }

    private static string Text(double seconds) => seconds.ToString("F1", CultureInfo.InvariantCulture);
}
