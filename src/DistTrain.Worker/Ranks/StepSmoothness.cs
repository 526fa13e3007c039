using System.Diagnostics;
using DistTrain.Optimization.Landscape;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;
using DistTrain.Torch.Replicas;

namespace DistTrain.Worker.Ranks;

/// <summary>
/// Rank 0's look along the gradient of the step that made a version, at the weights before it: over the examples of all ranks, in float64 and with the
/// batch statistics of training (<see cref="Objective.OfStep"/>). The replica ends as it began, so no later bit depends on it.
/// </summary>
/// <param name="spec">The job.</param>
/// <param name="gradient">Knows the ranks' shards.</param>
/// <param name="model">What is trained.</param>
/// <param name="replica">Holds the version that the update made.</param>
/// <param name="servers">The rank's streams.</param>
/// <param name="device">Where tensors live.</param>
/// <param name="stop">Ends it, between two micro-batches.</param>
internal sealed class StepSmoothness(
    TrainingSpec spec, ShareGradient gradient, ModelBlueprint model, Replica replica, ServerAttachment servers, TensorDevice device, CancellationToken stop)
{
    /// <summary>Says how smooth it is.</summary>
    /// <param name="head">Of the version that the replica holds.</param>
    /// <returns>Milliseconds spent.</returns>
    /// <exception cref="OperationCanceledException">The rank is to stop.</exception>
    public double Run(VersionHead head)
    {
        var started = Stopwatch.GetTimestamp();
        var after = replica.Parameters.ToArray();
        replica.Rewrite();
        var before = servers.Pull(head.Version - 1);
        var (atStart, found) = Look(before, head.ProbedRate);
        replica.Rewrite();
        after.CopyTo(replica.Parameters);
        var told = new ProbedSmoothness { Version = head.Version, Examples = atStart.Examples, LossSum = atStart.LossSum, Passes = Smoothness.Passes };
        if (found is not null)
        {
            (told.GradientNorm, told.Beta) = (found.GradientNorm, found.Beta);
            (told.LossLow, told.LossHigh, told.ChangeLow, told.ChangeHigh) = (found.LossLow, found.LossHigh, found.ChangeLow, found.ChangeHigh);
        }

        servers.Streams[0].Send(new RankMessage { Smoothness = told });
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private (BatchResult AtStart, Smoothness? Found) Look(VersionHead head, double rate)
    {
        int[] examples = [.. Enumerable.Range(0, spec.Workers).SelectMany(rank => gradient.ExamplesOf(head, rank).ToArray())];
        var objective = Objective.OfStep(spec, model.Layout, gradient.Data, examples, head.Position.ToPosition());
        using var local = new LocalObjective<double>(model, objective, Environment.ProcessorCount, device);
        return Smoothness.Along(local, new VectorPart(model.Layout, ..), replica.Parameters.Span, rate, stop);
    }
}
