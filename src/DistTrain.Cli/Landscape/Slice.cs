using System.Numerics;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Passes;

namespace DistTrain.Cli.Landscape;

/// <summary>The loss over a grid of a plane or line, with all ranks in this process.</summary>
internal static class Slice
{
    /// <summary>α and β of all points, by α, then β.</summary>
    /// <param name="low">Where the grid begins in each direction.</param>
    /// <param name="high">Where it ends.</param>
    /// <param name="count">Points a direction, at least 2.</param>
    /// <param name="isPlane">Two directions.</param>
    public static IEnumerable<(double Alpha, double? Beta)> Grid(double low, double high, int count, bool isPlane)
    {
        double[] places = [.. Enumerable.Range(0, count).Select(i => low + ((high - low) * i / (count - 1)))];
        return isPlane ? places.SelectMany(alpha => places, (alpha, beta) => (alpha, (double?)beta)) : places.Select(alpha => (alpha, (double?)null));
    }

    /// <param name="data">What the loss is over.</param>
    /// <param name="plane">The weights.</param>
    /// <param name="grid">Where the loss is wanted.</param>
    /// <param name="told">Called with each point.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="CommandException">The mode does not go with the model.</exception>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    public static IReadOnlyList<LossEvent> Run<T>(ProbeData data, Plane plane, IEnumerable<(double Alpha, double? Beta)> grid, Action<LossEvent> told, CancellationToken stop)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var objective = Create<T>(data);
        var points = new List<LossEvent>();
        foreach (var (alpha, beta) in grid)
        {
            objective.MoveTo(plane.At(alpha, beta ?? 0));
            var result = objective.Measure(stop);
            points.Add(new LossEvent(alpha, beta, result.LossSum / result.Examples, data.Model.TellsNumbers ? null : result.Correct / result.Examples));
            told(points[^1]);
        }

        return points;
    }

    private static LocalObjective<T> Create<T>(ProbeData data)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        try
        {
            return new LocalObjective<T>(data.Model, data.Objective, Environment.ProcessorCount);
        }
        catch (ModelException e)
        {
            throw CommandException.BadInput(e.Message);
        }
    }
}
