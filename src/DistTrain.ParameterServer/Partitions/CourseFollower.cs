using DistTrain.Optimization.Landscape;
using DistTrain.ParameterServer.Exchanges;
using DistTrain.ParameterServer.Metrics;
using DistTrain.ParameterServer.Ranks;
using DistTrain.ParameterServer.Replicas;
using DistTrain.ParameterServer.Updates;
using DistTrain.Protocol;
using DistTrain.Training.Steps;
using Grpc.Core;

namespace DistTrain.ParameterServer.Partitions;

/// <summary>What a closed step has brought goes into the history, and the course of training says what comes next. Used under the partition's gate.</summary>
/// <param name="plan">The partition's plan.</param>
/// <param name="history">Records it, on the leader.</param>
/// <param name="replays">Whose gradients are computed twice; null where nobody compares them.</param>
/// <param name="probe">Says what comes next where it is a probe's; null: the course of training does.</param>
/// <param name="probing">Probes updates under way; null where nobody does.</param>
/// <param name="squares">Tells the leader what the gauges of its steps need; null on the leader.</param>
internal sealed class CourseFollower(PartitionPlan plan, TrainingHistory? history, ReplayChecks? replays, ProbeRun? probe, SquareTelling? squares, UpdateProbing? probing)
{
    private readonly StepTally _closed = new(plan.Tree.Ranks);
    private volatile string? _note;

    /// <summary>What the user should know of the course of training, or null.</summary>
    public string? Note => _note;

    /// <summary>The step after the replica's open one, whose buckets are all stepped.</summary>
    /// <exception cref="RpcException">FAILED_PRECONDITION: the ranks have not taken the examples that the step has.</exception>
    public OpenStep Next(ReplicaGroup replica)
    {
        var closed = replica.Open;
        List<Contribution> contributions = [.. replica.Buckets[0].Contributions.Select(c => c!)];
        var examples = contributions.Sum(c => (long)c.Examples);
        var expected = closed.Sharing == Sharing.Local ? contributions[0].Examples : closed.Take;
        Refusal.If(examples != expected, $"step {closed.Version} took {examples} examples instead of {expected}");
        var afterProduct = probe?.Next(closed);
        if (closed.Kind == StepKind.Statistics)
            history?.StatisticsTaken(closed, plan, contributions);
        else
            TellOf(replica, closed, contributions, afterProduct?.Probe?.EndsSoFar());
        if (afterProduct is not null)
            return afterProduct;
        var outcome = new StepOutcome(
            contributions.Sum(c => c.Correct),
            replica.Norms.AverageSquare,
            plan.Rule.MeasuresNoise(closed) ? [.. contributions.Zip(replica.Norms.RankSquares, (c, square) => (c.Examples, square))] : [],
            replica.Verdict);
        var next = plan.Course.Next(closed, outcome, out var note);
        _note = note ?? _note;
        probing?.Begin(closed, next, replica.Verdict.IsSkip);
        return next;
    }

    private void TellOf(ReplicaGroup replica, OpenStep closed, IReadOnlyList<Contribution> contributions, RitzSpectrum? ends)
    {
        // Ranks that train on their own have no gradient in common, and a probe's sums are none.
        var own = probe is null && closed.Sharing == Sharing.Together ? GradientNorm.BucketSums(replica) : null;
        if (own is not null)
            squares?.Tell(closed.Version + 1, own);
        if (_closed.Add(closed.Version, contributions) is { } all)
            history?.StepClosed(closed, plan, all, replica.Verdict.Reason, replays?.CheckedIn(closed), ends, own);
    }
}
