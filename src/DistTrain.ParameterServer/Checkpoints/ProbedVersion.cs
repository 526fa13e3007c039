using System.Globalization;
using System.Runtime.InteropServices;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol.Formats;
using DistTrain.Recipes;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Checkpoints;

/// <summary>The weights that a probe looks at, as its version 0: read once, from where another job has them, and the probe's own from then on.</summary>
internal static class ProbedVersion
{
    /// <summary>This server's run of them.</summary>
    /// <param name="plan">The probe's.</param>
    /// <param name="folderOf">The folder of a job.</param>
    /// <exception cref="CheckpointException">They are not there, are another model's, or not finite.</exception>
    public static RestoredVersion Read(PartitionPlan plan, Func<string, string> folderOf)
    {
        var weights = plan.Probe!.Weights;
        try
        {
            var (position, run) = weights.Path is { } path && !Directory.Exists(path)
                ? (Position.Start(), OfModelFile(path, plan))
                : OfCheckpoint(weights.Path ?? StepFolders.Of(folderOf(weights.Job!), weights.Step!.Value), plan);
            RequireFinite(run, plan);
            var examples = plan.Probe.Of(plan.Probe.Data == ProbeChoices.Test ? plan.TestExamples : plan.TrainExamples);
            return new RestoredVersion(new OpenStep(0, position, examples, Evaluate: false, Rate: 0), [Widened(run, plan.Width)]);
        }
        catch (Exception e) when (e is CheckpointException or SafeTensorsException or UnknownFormatException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"the weights to look at ({weights}): {e.Message}", e);
        }
    }

    private static (Position Position, float[] Run) OfCheckpoint(string place, PartitionPlan plan)
    {
        var (folder, manifest) = CheckpointReader.Find(place);
        RequireLayout(LayoutJson.Read(manifest.Layout), folder, plan);
        return (manifest.Position, CheckpointReader.ReadRun(folder, manifest.Parts, plan.Offset, plan.Length, slots: null)[0]);
    }

    private static float[] OfModelFile(string path, PartitionPlan plan)
    {
        using var file = SafeTensorsReader.Open(path);
        RequireLayout(file.Layout() ?? throw new CheckpointException($"{path}: carries no layout; it was not written by DistTrain"), path, plan);
        var vector = new float[plan.Layout.Length];
        file.Fill(plan.Layout, vector);
        return vector[plan.Offset..(plan.Offset + plan.Length)];
    }

    private static void RequireLayout(ParameterLayout found, string place, PartitionPlan plan)
    {
        if (found.Hash != plan.Layout.Hash)
            throw new CheckpointException($"{place}: these weights are of another model than the probe's job");
    }

    private static void RequireFinite(float[] run, PartitionPlan plan)
    {
        foreach (var piece in plan.Buckets.SelectMany(bucket => bucket.Pieces))
        {
            var values = run.AsSpan(piece.Offset - plan.Offset, piece.Length);
            if (values.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) is >= 0 and var at)
                throw new CheckpointException(string.Create(CultureInfo.InvariantCulture, $"an element of {piece.Segment.Name} is {values[at]}; at weights that are not finite there is no loss to look at"));
        }
    }

    private static float[] Widened(float[] run, int width)
    {
        if (width == 1)
            return run;
        var wide = new double[run.Length];
        for (var i = 0; i < run.Length; i++)
            wide[i] = run[i];
        return MemoryMarshal.Cast<double, float>(wide).ToArray();
    }
}
