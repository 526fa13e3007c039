using System.Diagnostics;
using DistTrain.Optimization.Landscape;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;
using DistTrain.Torch.Replicas;

namespace DistTrain.Worker.Ranks;

/// <summary>
/// Rank 0's look at the curvature where an update has ended: both ends of the Hessian's spectrum over stated examples in evaluation mode, the bits that
/// <c>diagnose</c> gives of a checkpoint of that version with the job's seed. It divides the examples over as many ranks as the job has, with all cores of
/// its silo, while the others wait for its gradient. Nothing that it computes with is the training's, so no later bit depends on it.
/// </summary>
/// <param name="spec">The job.</param>
/// <param name="examples">The training set.</param>
/// <param name="model">What is trained.</param>
/// <param name="replica">Holds the version.</param>
/// <param name="leader">The rank's stream to the job's leader.</param>
/// <param name="device">Where tensors live.</param>
/// <param name="stop">Ends it, between two micro-batches.</param>
internal sealed class VersionCurvature(
    TrainingSpec spec, ExampleSet examples, ModelBlueprint model, Replica replica, ServerStream leader, TensorDevice device, CancellationToken stop)
{
    /// <summary>Says what the ends are.</summary>
    /// <param name="head">Of the version that the replica holds.</param>
    /// <returns>Milliseconds spent.</returns>
    /// <exception cref="OperationCanceledException">The rank is to stop.</exception>
    public double Run(VersionHead head)
    {
        var started = Stopwatch.GetTimestamp();
        var recipe = spec.UpdateProbe;
        var chosen = Objective.Choose(spec.Seed, recipe.Examples, examples.Count);
        var objective = new Objective(examples, chosen, spec.Workers, spec.MicroBatch, CurvatureMode.Evaluation, spec.Seed, head.Position.ToPosition());
        using var local = new LocalObjective<float>(model, objective, Environment.ProcessorCount, device);
        local.MoveTo(replica.Parameters.Span);
        var sums = local.Measure(stop);
        var found = new ProbedCurvature { Version = head.Version, Examples = sums.Examples, LossSum = sums.LossSum };
        if (double.IsFinite(sums.LossSum) && Ends(local, recipe) is { } ends)
        {
            found.Products = ends.Values.Count;
            (found.LambdaMax, found.LambdaMaxResidual) = (ends.Largest.Value, ends.Largest.Residual);
            (found.LambdaMin, found.LambdaMinResidual) = (ends.Smallest.Value, ends.Smallest.Residual);
        }

        leader.Send(new RankMessage { Curvature = found });
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    /// <summary>Null: a product is not finite.</summary>
    private RitzSpectrum? Ends(LocalObjective<float> local, UpdateProbeRecipe recipe)
    {
        var plan = new CurvaturePlan(new LanczosGoal(recipe.Products), new CriticalPointTolerances(), Directions: 0, Seed: spec.Seed);
        var probe = new CurvatureProbe<float>(new VectorPart(model.Layout, ..), BucketOrder.Add, plan);
        try
        {
            while (probe.Next is { } next)
                probe.Take(local.Product(next, stop));
        }
        catch (ArithmeticException)
        {
            return null;
        }

        return probe.Ends;
    }
}
