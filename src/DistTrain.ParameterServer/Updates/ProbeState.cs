using System.Numerics;
using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Parameters;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Updates;

/// <summary>What a probe goes on from: its versions as the vectors of its recursions.</summary>
internal static class ProbeState
{
    /// <param name="part">The elements that are here.</param>
    /// <param name="progress">What is known besides vectors.</param>
    /// <param name="version">The direction whose product is awaited, unless all are done.</param>
    /// <param name="at">The vector of a version, [part.Length].</param>
    public static CurvatureProbeState<T> Of<T>(VectorPart part, ProbeProgress progress, long version, Func<long, Memory<T>> at)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        List<ProbeRecursion> done = [.. progress.Recursions.Where(recursion => recursion.IsDone)];
        var current = progress.Recursions.LastOrDefault(recursion => !recursion.IsDone);
        var (smallest, largest) = done.Count == 0 ? default : Ends(part, done[0], at);
        return new CurvatureProbeState<T>(
            [.. done.Select(recursion => (recursion.Alphas, recursion.Betas))],
            new LanczosState<T>(
                current is null ? [] : [.. Vectors(current.First, version, at)],
                current?.Alphas ?? [],
                current?.Betas ?? []),
            current?.Restarts ?? 0,
            smallest,
            largest);
    }

    /// <summary>The unit vectors of both ends, as they came of the same basis before.</summary>
    private static (Memory<T>? Smallest, Memory<T>? Largest) Ends<T>(VectorPart part, ProbeRecursion ends, Func<long, Memory<T>> at)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var basis = new LanczosState<T>([.. Vectors(ends.First, ends.First + ends.Alphas.Count - 1, at)], ends.Alphas, ends.Betas);
        var recursion = new Lanczos<T>(part, BucketOrder.Add, basis);
        var spectrum = RitzSpectrum.Of(ends.Alphas, ends.Betas);
        return (VectorOf(0), VectorOf(spectrum.Values.Count - 1));

        Memory<T> VectorOf(int index)
        {
            var vector = AlignedVector.Allocate<T>(part.Length);
            recursion.Combine(spectrum.Coefficients(index), vector.Span);
            return vector;
        }
    }

    private static IEnumerable<Memory<T>> Vectors<T>(long first, long last, Func<long, Memory<T>> at)
    {
        for (var version = first; version <= last; version++)
            yield return at(version);
    }
}
