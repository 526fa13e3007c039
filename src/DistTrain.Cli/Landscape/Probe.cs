using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Parameters;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;

namespace DistTrain.Cli.Landscape;

/// <summary>
/// A look at the curvature with all ranks in this process. The course of products and what they say are <see cref="CurvatureProbe{T}"/>'s; here they are
/// computed.
/// </summary>
/// <param name="saved">The weights.</param>
/// <param name="data">What the loss is over.</param>
/// <param name="plan">What is to be found.</param>
internal sealed class Probe<T>(SavedModel saved, ProbeData data, CurvaturePlan plan) : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly VectorPart _whole = new(saved.Layout, ..);
    private readonly LocalObjective<T> _objective = Create(saved, data, plan);

    /// <summary>Runs it.</summary>
    /// <param name="told">Called after each product.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="CommandException">The loss is not finite here, or a product is not.</exception>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    public ProbeResult<T> Run(Action<ProductEvent> told, CancellationToken stop)
    {
        _objective.MoveTo(saved.Vector);
        var (gradient, result) = _objective.Gradient(stop);
        var loss = result.LossSum / result.Examples;
        var norm = Math.Sqrt(BucketDot.Of<T>(_whole, gradient, gradient, BucketOrder.Add));
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
            throw CommandException.Failed($"{saved.Source}: the loss here is {loss} and the norm of its gradient {norm}: where they are not finite there is no curvature{Wider}");
        T[] kept = [.. gradient];
        var probe = new CurvatureProbe<T>(_whole, BucketOrder.Add, plan);
        try
        {
            while (probe.Next is { } next)
            {
                probe.Take(_objective.Product(next, stop));
                told(new ProductEvent(probe.Products, plan.MostProducts(saved.Layout.ParameterCount), probe.Ends!.Largest.Value, probe.Ends.Smallest.Value));
            }
        }
        catch (ArithmeticException e)
        {
            throw CommandException.Failed($"{saved.Source}: {e.Message}, though loss and gradient are finite{Wider}", e);
        }

        var searches = Rise(told, stop);
        return new ProbeResult<T>(
            result,
            kept,
            probe.Findings(norm),
            probe.State,
            FindingsDigest.Of(saved.Layout, loss, norm, probe.State, searches.Select(search => search.Losses)),
            Where(probe.SmallestVector!.Value),
            Where(probe.LargestVector!.Value),
            plan.Sharpness is { } boxes ? Sharpness.Of(searches, boxes) : null);
    }

    /// <summary>The loss in boxes around the weights.</summary>
    private IReadOnlyList<BoxSearchRecord> Rise(Action<ProductEvent> told, CancellationToken stop)
    {
        if (plan.Sharpness is not { } boxes)
            return [];
        T[] weights = [.. saved.Vector[..saved.Layout.TrainableLength].Select(T.CreateChecked)];
        var search = new SharpnessProbe<T>(_whole, BucketOrder.Add, boxes, weights);
        while (search.Next is { } point)
        {
            _objective.Place(point);
            var (gradient, result) = _objective.Gradient(stop);
            search.Take(result.LossSum / result.Examples, gradient);
            told(new ProductEvent(search.Passes, boxes.MostPasses, null, null));
        }

        _objective.Place(weights);
        return search.Records;
    }

    /// <summary>Tries the way out of what was found.</summary>
    /// <inheritdoc cref="WayOut.Try"/>
    public EscapeAttempt Leave(ProbeResult<T> result, string file, CancellationToken stop) => WayOut.Try(saved, _objective, result, file, stop);

    public void Dispose() => _objective.Dispose();

    private static string Wider => typeof(T) == typeof(float) ? "; --precision float64 reaches further" : "";

    private IReadOnlyList<(Segment Segment, double Share)> Where(ReadOnlyMemory<T> direction) => DirectionShares.Of<T>(_whole, direction.Span, BucketOrder.Add);

    private static LocalObjective<T> Create(SavedModel saved, ProbeData data, CurvaturePlan plan)
    {
        var (dimension, threads) = (saved.Layout.ParameterCount, Environment.ProcessorCount);
        var wanted = Math.Max(plan.Ends.Largest, plan.Ends.Smallest);
        if (wanted > dimension)
            throw CommandException.BadInput($"--top {wanted}: the model has {dimension:N0} parameters, and so many eigenvalues; give at most {dimension:N0}");
        var bytes = (double)saved.Layout.Length * (plan.BytesPerElement(dimension, Unsafe.SizeOf<T>()) + LocalObjective<T>.BytesPerElement(data.Objective.Ranks, threads));
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > available)
        {
            throw CommandException.BadInput(
                $"--steps {plan.Ends.Steps}: the directions of {dimension:N0} parameters take {Gibibytes(bytes)}, and this machine has "
                + $"{Gibibytes(available)}; take fewer --steps or --direction-steps{(typeof(T) == typeof(double) ? ", or --precision float32" : "")}");
        }

        try
        {
            return new LocalObjective<T>(data.Model, data.Objective, threads);
        }
        catch (ModelException e)
        {
            throw CommandException.BadInput(e.Message);
        }
    }

    private static string Gibibytes(double bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1L << 30):#,0.0} GiB");
}

/// <summary>What a probe has found.</summary>
/// <param name="Sums">Over the examples.</param>
/// <param name="Gradient">Of the mean loss, [Layout.TrainableLength].</param>
/// <param name="Findings">The verdict and its evidence.</param>
/// <param name="State">All recursions, and both ends' directions.</param>
/// <param name="Sha256">Of all of it.</param>
/// <param name="Smallest">Where the direction of θ_min lives.</param>
/// <param name="Largest">Where that of θ_max does.</param>
/// <param name="Sharpness">The loss in boxes around the weights; null: not asked for.</param>
internal sealed record ProbeResult<T>(
    BatchResult Sums,
    T[] Gradient,
    CurvatureFindings Findings,
    CurvatureProbeState<T> State,
    string Sha256,
    IReadOnlyList<(Segment Segment, double Share)> Smallest,
    IReadOnlyList<(Segment Segment, double Share)> Largest,
    IReadOnlyList<Sharpness>? Sharpness)
{
    /// <summary>Mean over the examples.</summary>
    public double Loss => Sums.LossSum / Sums.Examples;
}
