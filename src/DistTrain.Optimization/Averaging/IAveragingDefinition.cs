using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Averaging;

/// <summary>A way of averaging weights, by name; one file each, found by <see cref="AveragingCatalog"/>.</summary>
public interface IAveragingDefinition
{
    /// <summary>Name in the job file, kebab-case.</summary>
    string Name { get; }

    /// <summary>One sentence: what it does and when to choose it.</summary>
    string Summary { get; }

    /// <summary>Where it comes from.</summary>
    string Source { get; }

    IReadOnlyList<Option> Options { get; }

    /// <summary>What it makes of a job.</summary>
    AveragingPlan Of(OptionValues options);
}
