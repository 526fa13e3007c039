using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Worker.Ranks;

namespace DistTrain.Worker.Jobs;

/// <summary>What a job needs before its servers can be opened: its data's size and fingerprint, and its model's layout.</summary>
/// <param name="Layout">The flat vector.</param>
/// <param name="Data">The data.</param>
internal sealed record JobPreparation(ParameterLayout Layout, DataRecord Data)
{
    /// <summary>Reads the data as they are now and builds the blueprint, away from any grain's scheduler.</summary>
    /// <exception cref="DatasetException">The data can't be read, or not be trained on as the job says.</exception>
    /// <exception cref="ModelException">The model does not fit the data.</exception>
    public static Task<JobPreparation> OfAsync(TrainingSpec spec, DatasetCache datasets) => Task.Run(() =>
    {
        NativeEnvironment.Prepare();
        var data = datasets.Load(spec.Dataset);
        return DatasetCheck.Problem(data, spec.Dataset) is { } problem
            ? throw new DatasetException(problem)
            : Of(spec, DataRecord.Of(data, spec.Dataset));
    });

    /// <summary>Of data that were read before.</summary>
    /// <exception cref="ModelException">The model does not fit the data.</exception>
    public static JobPreparation Of(TrainingSpec spec, DataRecord data) => new(ModelBlueprint.Of(spec, data.Shape, data.Classes).Layout, data);

    /// <summary>Why the job would fail on its way, all reasons with the keys they are about; empty: nothing is known against it.</summary>
    public IEnumerable<string> Problems(TrainingSpec spec)
    {
        if (spec.Probe is { } probe)
        {
            foreach (var problem in Problems(probe, spec))
                yield return problem;
        }

        if (ScheduleCheck.Problem(spec, Data.TrainExamples) is { } schedule)
            yield return $"spec.schedule: {schedule}";
        if (BatchNormCheck.Problem(spec, Layout, Data.TrainExamples) is { } batchNorm)
            yield return $"spec.batchNorm.scope: {batchNorm}";
        foreach (var problem in ParameterRates.Problems(spec, Layout))
            yield return problem;
    }

    private IEnumerable<string> Problems(ProbeRecipe probe, TrainingSpec spec)
    {
        if (probe.Top > Layout.ParameterCount)
            yield return $"spec.top: the model has {Layout.ParameterCount} parameters, and so many eigenvalues; give at most {Layout.ParameterCount}";
        var examples = probe.Data == ProbeChoices.Test ? Data.TestExamples : Data.TrainExamples;
        if (probe.Examples > examples)
            yield return $"spec.examples: the {probe.Data} set has {examples}; give fewer, or 0 for all";
        if (probe.Mode == ProbeChoices.Training && ModelBlueprint.Of(spec, Data.Shape, Data.Classes).WhyNoSecondDerivative is { } reason)
            yield return $"spec.mode: {reason}";
    }

    /// <summary>What is said before the first step.</summary>
    public IEnumerable<string> Lines(TrainingSpec spec)
    {
        foreach (var line in Data.Lines)
            yield return line;
        if (BatchNormCheck.Warning(spec, Layout) is { } warning)
            yield return $"warning: {warning}";
        if (NativeEnvironment.Warning(spec.Precision) is { } slow)
            yield return $"warning: {slow}";
        if (spec is { Workers: 1, Probe: null })
            yield return "one rank: its gradients have no others to be compared with, so the metrics have no noise scale and no critical batch; two workers or more have them";
    }
}
