using DistTrain.Cli.Output;
using DistTrain.Client;

namespace DistTrain.Cli.Display;

/// <summary>What is worth knowing when a job is done.</summary>
internal static class ClosingSummary
{
    public static IEnumerable<string> Lines(CompletedEvent completed)
    {
        yield return "";
        foreach (var (label, value) in Rows(completed))
            yield return $"  {label,-16}{value}";
    }

    private static IEnumerable<(string Label, string Value)> Rows(CompletedEvent c)
    {
        yield return ("job", c.Job);
        foreach (var row in c.Diagnosis is { } diagnosis ? Found(diagnosis) : Learned(c))
            yield return row;
        yield return ("length", $"{Figures.Count(c.Steps)} steps, {Figures.Epoch(c.Epochs)} epochs, {Figures.Duration(TimeSpan.FromSeconds(c.Seconds))}");
        yield return ("speed", $"{Figures.Count(c.ImagesPerSecond)} examples/s");
        yield return ("step", $"{Figures.Number(c.StepMillisecondsMedian)} ms median, {Figures.Share(c.OverheadShare)} of it outside forward and backward");
        if (c.Recoveries > 0)
            yield return ("recoveries", $"{Figures.Count(c.Recoveries)}, {Figures.Count(c.RedoneSteps)} steps done again");
        if (c.SkippedSteps > 0)
            yield return ("skipped", $"{Figures.Count(c.SkippedSteps)} steps made no update");
        if (c.ReplayChecks > 0)
            yield return ("replay checks", $"{Figures.Count(c.ReplayChecks)}, each with the same bits");
        yield return ("weights sha256", c.WeightsSha256);
        if (c.Folder is not null)
            yield return ("folder", c.Folder);
    }

    private static IEnumerable<(string Label, string Value)> Learned(CompletedEvent c)
    {
        yield return ($"test {TaskText.Name(c.TestMeasures)}", $"{TaskText.Value(c.TestAccuracy, c.TestMeasures)} (loss {Figures.Number(c.TestLoss)}{TaskText.Beside(c.TestMeasures)})");
        if (c.ValidationLoss is { } loss)
            yield return ("validation", $"{TaskText.Value(c.ValidationAccuracy, c.ValidationMeasures)} (loss {Figures.Number(loss)}{TaskText.Beside(c.ValidationMeasures)})");
        yield return ("train loss", Figures.Number(c.TrainLoss));
    }

    /// <summary>Of a probe: what it looked at was not trained, nor tested.</summary>
    private static IEnumerable<(string Label, string Value)> Found(Diagnosis d)
    {
        yield return ("verdict", d.Reason);
        yield return ("loss", $"{Figures.Number(d.Loss)}, {(d.RSquared is { } squared ? $"R² {Figures.Number(squared)}" : $"accuracy {Figures.Share(d.Accuracy)}")}");
        yield return ("gradient norm", Figures.Number(d.GradientNorm));
        yield return ("curvature", $"{Figures.Number(d.LambdaMin)} to {Figures.Number(d.LambdaMax)}");
        if (d is { Positive: { } positive, Negative: { } negative })
            yield return ("eigenvalues", $"{Figures.Number(100 * positive)} % positive, {Figures.Number(100 * negative)} % negative");
        yield return ("results sha256", d.Sha256);
    }
}
