using DistTrain.Protocol;

namespace DistTrain.Worker.Jobs;

/// <summary>What a completed job's task tells of a set, in its record; as in <c>training_jobs.proto</c>.</summary>
[GenerateSerializer]
[Alias("DistTrain.OutcomeMeasures")]
public sealed record OutcomeMeasures(double? RSquared, double? AbsoluteError, double? TopAccuracy)
{
    internal static OutcomeMeasures? Of(Measures? told) => told is null
        ? null
        : new(told.HasRSquared ? told.RSquared : null, told.HasAbsoluteError ? told.AbsoluteError : null, told.HasTopAccuracy ? told.TopAccuracy : null);

    internal Measures ToMessage()
    {
        var measures = new Measures();
        if (RSquared is { } squared)
            measures.RSquared = squared;
        if (AbsoluteError is { } error)
            measures.AbsoluteError = error;
        if (TopAccuracy is { } top)
            measures.TopAccuracy = top;
        return measures;
    }
}
