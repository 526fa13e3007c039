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
        leader.Send(new RankMessage { Curvature = Look(local, head.Version) });
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private ProbedCurvature Look(LocalObjective<float> local, long version)
    {
        var (gradient, sums) = local.Gradient(stop);
        var found = new ProbedCurvature { Version = version, Examples = sums.Examples, LossSum = sums.LossSum };
        var whole = new VectorPart(model.Layout, ..);
        var norm = Math.Sqrt(BucketDot.Of<float>(whole, gradient, gradient, BucketOrder.Add));
        // With as many products as there are parameters none is given up for being sharp enough: all are counted.
        var (products, parameters) = (spec.UpdateProbe.Products, model.Layout.ParameterCount);
        var ends = products < parameters ? 1 : (int)parameters;
        var plan = new CurvaturePlan(new LanczosGoal(products, Largest: ends, Smallest: ends), new CriticalPointTolerances(), Directions: 0, Seed: spec.Seed);
        if (!double.IsFinite(sums.LossSum) || !double.IsFinite(norm) || Findings(local, whole, plan, norm) is not { } findings)
            return found;
        (found.Products, found.GradientNorm) = (findings.Products, norm);
        (found.LambdaMax, found.LambdaMaxResidual) = (findings.Point.Largest.Value, findings.Point.Largest.Residual);
        (found.LambdaMin, found.LambdaMinResidual) = (findings.Point.Smallest.Value, findings.Point.Smallest.Residual);
        if (findings.Shares is { } shares)
            (found.Positive, found.Negative) = (shares.Positive.Estimate.Value, shares.Negative.Estimate.Value);
        return found;
    }

    /// <summary>Null: a product is not finite.</summary>
    private CurvatureFindings? Findings(LocalObjective<float> local, VectorPart whole, CurvaturePlan plan, double norm)
    {
        var probe = new CurvatureProbe<float>(whole, BucketOrder.Add, plan);
        try
        {
            while (probe.Next is { } next)
                probe.Take(local.Product(next, stop));
        }
        catch (ArithmeticException)
        {
            return null;
        }

        return probe.Findings(norm);
    }
}
