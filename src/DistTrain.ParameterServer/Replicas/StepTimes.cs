using System.Diagnostics;
using DistTrain.Observability.Traces;

namespace DistTrain.ParameterServer.Replicas;

/// <summary>When the parts of a replica's open step began and ended on this server, told once it is closed. Buckets come and are stepped on several threads.</summary>
internal sealed class StepTimes
{
    private readonly Lock _gate = new();
    private long _firstChunk;
    private long _lastSum;
    private long _updateBegan;
    private long _updateEnded;
    private long _bytes;

    /// <summary>Null where nobody listens: then nothing is kept.</summary>
    public static StepTimes? New() => TrainingTrace.IsOn ? new StepTimes() : null;

    /// <summary>A chunk of the open step is there.</summary>
    public void Arrived(long bytes)
    {
        lock (_gate)
        {
            _bytes += bytes;
            if (_firstChunk == 0)
                _firstChunk = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>A bucket's sum is complete.</summary>
    public void Summed()
    {
        lock (_gate)
            _lastSum = Stopwatch.GetTimestamp();
    }

    /// <summary>A bucket, or all of them, are about to be stepped.</summary>
    public void UpdateBegins()
    {
        lock (_gate)
        {
            if (_updateBegan == 0)
                _updateBegan = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>They are.</summary>
    public void UpdateEnds()
    {
        lock (_gate)
            _updateEnded = Stopwatch.GetTimestamp();
    }

    /// <summary>The step is about to close: tells it, and forgets.</summary>
    public void Close(PartitionPlan plan, ReplicaGroup replica)
    {
        lock (_gate)
        {
            var whole = new MeasuredSpan(SpanNames.Commit, _firstChunk, Stopwatch.GetTimestamp())
            {
                Server = plan.Server,
                // Where ranks train on their own, each has commits of its own.
                Rank = replica.IsCommon ? null : replica.Index,
            };
            TrainingTrace.Tell(
                new StepName(plan.JobId, plan.Generation, replica.Open.Version),
                whole,
                [
                    new MeasuredSpan(SpanNames.Aggregate, _firstChunk, _lastSum) { Bytes = _bytes },
                    new MeasuredSpan(SpanNames.Update, _updateBegan, _updateEnded),
                ]);
            (_firstChunk, _lastSum, _updateBegan, _updateEnded, _bytes) = (0, 0, 0, 0, 0);
        }
    }
}
