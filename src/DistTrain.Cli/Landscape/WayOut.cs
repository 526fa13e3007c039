using System.Numerics;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Output;
using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Parameters;
using DistTrain.Torch.Landscape;

namespace DistTrain.Cli.Landscape;

/// <summary>Tries the step out of a saddle, and writes the weights there.</summary>
internal static class WayOut
{
    /// <param name="saved">The weights to leave.</param>
    /// <param name="objective">The loss; left at other weights.</param>
    /// <param name="result">What was found there.</param>
    /// <param name="file">Where the new weights go to, as a model file; nothing is written where no step lowers the loss.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="IOException">The file can't be written.</exception>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    public static EscapeAttempt Try<T>(SavedModel saved, LocalObjective<T> objective, ProbeResult<T> result, string file, CancellationToken stop)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var point = result.Findings.Point;
        if (point.Smallest.Value >= -point.CurvatureTolerance)
            return new EscapeAttempt(false, 0, result.Loss, result.Loss, 0, null, null);
        var escape = Escape.Search(LossAt, result.Loss, point.Smallest.Value);
        if (!escape.IsLower)
            return new EscapeAttempt(false, 0, escape.Before, escape.After, escape.Measurements, null, null);
        var there = At(escape.Length);
        WholeFile.Write(file, stream => SafeTensorsWriter.Write(stream, saved.Layout, there, new Dictionary<string, string> { [SafeTensorsWriter.JobKey] = saved.JobFile }));
        return new EscapeAttempt(true, escape.Length, escape.Before, escape.After, escape.Measurements, WeightsHash.Compute(saved.Layout, there), file);

        double LossAt(double length)
        {
            objective.MoveTo(At(length));
            return objective.Loss(stop);
        }

        // As they are written: what is told of them is of float32 weights.
        float[] At(double length)
        {
            var vector = (float[])saved.Vector.Clone();
            var direction = result.State.SmallestVector!.Value.Span;
            for (var i = 0; i < direction.Length; i++)
                vector[i] = (float)(vector[i] + (length * double.CreateChecked(direction[i])));
            return vector;
        }
    }
}
