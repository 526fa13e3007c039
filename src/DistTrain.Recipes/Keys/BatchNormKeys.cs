using DistTrain.Optimization.Options;

namespace DistTrain.Recipes.Keys;

/// <summary>The rows of <see cref="JobKeys"/> below <c>spec.batchNorm</c>.</summary>
internal static class BatchNormKeys
{
    private const string NoBatchNorm = "the model has no BatchNorm";

    public static JobKey Section { get; } = JobKey.SectionOf("spec.batchNorm", "how BatchNorm layers work");

    public static JobKey Scope { get; } =
        new("spec.batchNorm.scope", new BatchNormScopeRule(), Recipes.BatchNormScope.Local, "over which examples statistics are taken; local: each rank's micro-batch; global: those of all ranks together; group: those of so many neighbouring ranks; ghost: so many examples of a rank's")
        {
            IgnoredWhen = NoBatchNorm,
            ValueIn = j => j.Spec.BatchNorm.Scope,
        };

    public static JobKey Evaluation { get; } =
        new("spec.batchNorm.evaluation", new ChoiceRule("a kind of statistics", BatchNormEvaluations.All), BatchNormEvaluations.Running, "statistics for evaluation; running: averages over steps; last: of the last step over all ranks; recompute: over the training data before each evaluation")
        {
            IgnoredWhen = NoBatchNorm,
            ValueIn = j => j.Spec.BatchNorm.Evaluation,
        };

    public static JobKey Momentum { get; } = JobKey.NumberOf(
        "spec.batchNorm",
        new("momentum", OptionKind.Number, 0.1, "weight of new statistics in the running ones") { Minimum = 0, ExclusiveMinimum = true, Maximum = 1, IgnoredWhen = NoBatchNorm },
        j => j.Spec.BatchNorm.Momentum);

    public static JobKey Epsilon { get; } = JobKey.NumberOf(
        "spec.batchNorm",
        new("epsilon", OptionKind.Number, 1e-5, "added to the variance, by layers of every kind of norm") { Minimum = 0, ExclusiveMinimum = true, IgnoredWhen = "the model has no norm" },
        j => j.Spec.BatchNorm.Epsilon);

    public static JobKey Renorm { get; } = JobKey.SectionOf("spec.batchNorm.renorm", "how far batch renormalization corrects a batch's statistics; ramps are shares of the job's length");

    public static JobKey RenormRMax { get; } = Renormalization("rMax", 3, "r ends in [1/rMax, rMax]", minimum: 1, maximum: null, j => j.Spec.Renorm.RMax);

    public static JobKey RenormDMax { get; } = Renormalization("dMax", 5, "d ends in [-dMax, dMax]", minimum: 0, maximum: null, j => j.Spec.Renorm.DMax);

    public static JobKey RenormRampStart { get; } =
        Renormalization("rampStart", 0.04, "share of the job that is plain BatchNorm; behind it the limits of r and d open", minimum: 0, maximum: 1, j => j.Spec.Renorm.Start);

    public static JobKey RenormRRampEnd { get; } =
        Renormalization("rRampEnd", 0.3, "share of the job behind which r has its limit; not before rampStart", minimum: 0, maximum: 1, j => j.Spec.Renorm.REnd);

    public static JobKey RenormDRampEnd { get; } =
        Renormalization("dRampEnd", 0.2, "share of the job behind which d has its limit; not before rampStart", minimum: 0, maximum: 1, j => j.Spec.Renorm.DEnd);

    /// <summary>Every key in the order written; a section stands before its keys.</summary>
    public static IReadOnlyList<JobKey> All { get; } = [Section, Scope, Evaluation, Momentum, Epsilon, Renorm, RenormRMax, RenormDMax, RenormRampStart, RenormRRampEnd, RenormDRampEnd];

    private static JobKey Renormalization(string name, double value, string description, double minimum, double? maximum, Func<TrainingJob, double> read) => JobKey.NumberOf(
        "spec.batchNorm.renorm",
        new(name, OptionKind.Number, value, description)
        {
            Minimum = minimum,
            Maximum = maximum ?? double.PositiveInfinity,
            IgnoredWhen = "the model has no batch-renorm",
        },
        read);
}
