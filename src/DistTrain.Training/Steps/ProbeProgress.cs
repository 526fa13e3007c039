using System.Text.Json.Serialization;
using DistTrain.Optimization.Landscape;

namespace DistTrain.Training.Steps;

/// <summary>
/// What a probe knows besides vectors. Its versions are the vectors: version 0 the weights, and each version after it a direction whose product its step
/// takes; so the vectors of a recursion are versions in a row.
/// </summary>
/// <param name="Examples">That the loss is over.</param>
/// <param name="LossSum">Over them.</param>
/// <param name="Correct">Of them.</param>
/// <param name="GradientNorm">Of the mean gradient.</param>
/// <param name="Recursions">First that of the ends; the last is at work, unless all are done.</param>
public sealed record ProbeProgress(int Examples, double LossSum, double Correct, double GradientNorm, IReadOnlyList<ProbeRecursion> Recursions)
{
    /// <summary>Mean over the examples.</summary>
    public double Loss => LossSum / Examples;

    /// <summary>In boxes around the weights, one after the other, once the recursions are done. Null before that, and not written there.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ProbeSearch>? Searches { get; init; }

    /// <summary>The ends of the spectrum as far as they are known; null before the first product.</summary>
    public RitzSpectrum? EndsSoFar() => Recursions is [{ Alphas.Count: > 0 } ends, ..] ? RitzSpectrum.Of(ends.Alphas, ends.Betas) : null;
}

/// <summary>One recursion.</summary>
/// <param name="First">Version of its first vector.</param>
/// <param name="Restarts">How often it has begun outside of an invariant subspace.</param>
/// <param name="IsDone">All of its products are taken.</param>
/// <param name="Alphas">Diagonal of its tridiagonal matrix.</param>
/// <param name="Betas">Beside it.</param>
public sealed record ProbeRecursion(long First, int Restarts, bool IsDone, IReadOnlyList<double> Alphas, IReadOnlyList<double> Betas);

/// <summary>One search in a box, whose points are versions in a row.</summary>
/// <param name="First">Version of its first point, the weights once more.</param>
/// <param name="Record">The rest of it.</param>
public sealed record ProbeSearch(long First, BoxSearchRecord Record);
