using System.Globalization;
using DistTrain.Optimization.Scaling;
using DistTrain.Optimization.Schedules;

namespace DistTrain.Cli.Display;

/// <summary>Learning rates as lines of a table, each with a bar: so the table is its own plot.</summary>
internal static class RateTable
{
    private const int BarWidth = 48;
    private const string Eighths = " ▏▎▍▌▋▊▉";

    /// <summary>What the table is about, and the names of its columns.</summary>
    public static string Header(string schedule, ResolvedRate rate, RateCurve curve, int examples) => string.Join(
        Environment.NewLine,
        rate.Text,
        $"{schedule} over {Figures.Count(curve.TotalSteps)} steps, {Figures.Epoch(curve.TotalEpochs)} epochs of {Figures.Count(examples)} examples",
        Columns("step", "epoch", "rate", ""));

    /// <summary>One step; its number and epoch are those that its metrics will have.</summary>
    /// <param name="point">The step.</param>
    /// <param name="full">The rate of a full bar.</param>
    public static string Line(RatePoint point, double full) => Columns(
        (point.Step + 1).ToString(CultureInfo.InvariantCulture), Figures.Epoch(point.EpochAfter), Figures.Number(point.Rate), Bar(point.Rate / full));

    /// <summary>A bar of eighths of a character; a share above 0 shows at least one.</summary>
    private static string Bar(double share)
    {
        var eighths = (int)Math.Ceiling(Math.Clamp(share, 0, 1) * BarWidth * 8);
        return new string('█', eighths / 8) + (eighths % 8 == 0 ? "" : Eighths[eighths % 8].ToString());
    }

    private static string Columns(string step, string epoch, string rate, string bar) =>
        $"{step,10}  {epoch,8}  {rate,10}  {bar}".TrimEnd();
}
