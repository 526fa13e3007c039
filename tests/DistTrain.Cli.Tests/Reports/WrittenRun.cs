using System.Text;
using DistTrain.Cli.Tests.Verification;
using DistTrain.Protocol;
using DistTrain.Recipes.Files;

namespace DistTrain.Cli.Tests.Reports;

/// <summary>The folder that a run leaves, without the run: job, data, history.</summary>
internal static class WrittenRun
{
    public const int Examples = 100;

    /// <summary>Two epochs of ten examples a step, each step with figures of its own.</summary>
    public static ScriptedHistory History(params string[] settings)
    {
        var history = new ScriptedHistory(Examples, ["workers=2", "batch=10", "epochs=2", .. settings]).Together(0, 2, 10);
        foreach (var step in history.Events.Select(e => e.Step))
            (step.Epoch, step.Loss, step.Accuracy, step.LearningRate, step.Milliseconds, step.GradientNorm) = (step.Step / 10.0, 1.0 / 3 / step.Step, step.Step / 21.0, 0.1, 7.125, double.Pi * step.Step);
        history.Evaluation();
        (history.Events[^1].Evaluation.Loss, history.Events[^1].Evaluation.Accuracy) = (0.25, 0.875);
        return history;
    }

    /// <summary>Writes it.</summary>
    public static string Write(string folder, ScriptedHistory history)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "job.yaml"), JobFile.Write(history.Job));
        File.WriteAllText(Path.Combine(folder, "data.json"), $$"""{"format":1,"dataset":"digits","trainExamples":{{history.Examples}}}""");
        File.WriteAllLines(Path.Combine(folder, MetricsLine.FileName), history.Events.Select(e => Encoding.UTF8.GetString(MetricsJson.Write(e))));
        return folder;
    }
}
