using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.ParameterServer.Exchanges;

/// <summary>
/// Tells the job's leader the squared norms of the gradients in this server's buckets, step by step, for the leader's metrics. No step waits for it: one
/// call is under way at a time, and what closes meanwhile goes with the next.
/// </summary>
/// <param name="plan">The partition's plan.</param>
/// <param name="tell">Tells the leader.</param>
internal sealed class SquareTelling(PartitionPlan plan, Func<ClosedSteps, Task> tell)
{
    private readonly Lock _gate = new();
    private List<StepSquares> _untold = [];
    private Task _telling = Task.CompletedTask;
    private bool _isTelling;
    private bool _isOver;

    /// <summary>Completes when the leader knows of all steps so far, or will not.</summary>
    public Task Told
    {
        get
        {
            lock (_gate)
                return _telling;
        }
    }

    /// <summary>Steps that are kept until the leader can be told of them.</summary>
    internal int Kept
    {
        get
        {
            lock (_gate)
                return _untold.Count;
        }
    }

    /// <param name="version">That the step has made.</param>
    /// <param name="squares">[own buckets, 1 + ranks], row-major.</param>
    public void Tell(long version, double[] squares)
    {
        lock (_gate)
        {
            if (_isOver)
                return;
            _untold.Add(new StepSquares { Version = version, Squares = { squares } });
            if (_isTelling)
                return;
            _isTelling = true;
            _telling = Task.Run(TellAllAsync);
        }
    }

    private async Task TellAllAsync()
    {
        try
        {
            while (Next() is { } untold)
                await tell(new ClosedSteps { JobId = plan.JobId, Generation = plan.Generation, Server = plan.Server, Steps = { untold } });
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException)
        {
            // The partition was stopped, or the leader is of another generation: then this one's steps are nobody's any more, and nothing more is told or kept.
            lock (_gate)
                (_isOver, _untold) = (true, []);
        }
    }

    /// <summary>What is to be told next; null: nothing, and whoever comes with more starts anew.</summary>
    private List<StepSquares>? Next()
    {
        lock (_gate)
        {
            if (_untold.Count == 0)
            {
                _isTelling = false;
                return null;
            }

            var next = _untold;
            _untold = [];
            return next;
        }
    }
}
