using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Averaging;

/// <summary>The last version is the result.</summary>
public sealed class NoAveraging : IAveragingDefinition
{
    public const string PolicyName = "none";

    public string Name => PolicyName;

    public string Summary => "The last version is the result; the default.";

    public string Source => "synchronous training";

    public IReadOnlyList<Option> Options => [];

    public AveragingPlan Of(OptionValues options) => new();
}
