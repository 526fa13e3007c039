using DistTrain.Optimization.Order;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Landscape;

namespace DistTrain.Worker.Ranks;

/// <summary>What a probe's job says that is looked at.</summary>
internal static class ProbedObjective
{
    /// <summary>The loss, at the start of the data: where the weights stand, their head says.</summary>
    public static Objective Of(ProbeRecipe probe, TrainingSpec spec, Dataset data)
    {
        var set = probe.Data == ProbeChoices.Test ? data.Test : data.Train;
        var mode = probe.Mode == ProbeChoices.Training ? CurvatureMode.Training : CurvatureMode.Evaluation;
        return new Objective(set, Objective.Choose(probe.Seed, probe.Of(set.Count), set.Count), spec.Workers, spec.MicroBatch, mode, probe.Seed, Position.Start());
    }
}
