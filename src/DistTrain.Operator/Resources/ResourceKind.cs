using DistTrain.Recipes;
using DistTrain.Recipes.Files;

namespace DistTrain.Operator.Resources;

/// <summary>
/// A kind of object that becomes a job of the cluster. All that kinds differ in stands here: the operator lists, watches and reconciles each of them alike.
/// </summary>
/// <param name="Name">As objects and files say it, such as TrainingJob.</param>
/// <param name="Short">What people type.</param>
/// <param name="Description">Of an object.</param>
/// <param name="Spec">What it may say.</param>
/// <param name="Figures">What is known of its job besides its steps, in the order of columns.</param>
public sealed record ResourceKind(string Name, string Short, string Description, ValueSchema Spec, IReadOnlyList<StatusFigure> Figures)
{
    public static ResourceKind TrainingJob { get; } = new(
        JobSchema.Kind, "tj", "A training job: the job file as an object.", JobSchema.Spec,
        [
            new("loss", "mean training loss of the last committed step; of a completed job, of its last epoch") { Column = "Loss" },
            new("accuracy", "share of the test set that the newest evaluation found right") { Column = "Accuracy" },
            new("weightsSha256", "SHA-256 of the final parameters and buffers") { IsText = true },
        ]);

    public static ResourceKind LandscapeProbe { get; } = new(
        JobSchema.ProbeKind, "lp", "A look at the loss landscape around a job's weights: saddle or minimum, and how it is curved.", JobSchema.ProbeSpec,
        [
            new("verdict", "minimum, saddle, maximum, plateau, not-critical or undecided; the condition Completed says in words what it rests on") { Column = "Verdict", IsText = true },
            new("lambdaMax", "the largest eigenvalue of the Hessian, as far as the products so far tell") { Column = "Max" },
            new("lambdaMin", "the smallest") { Column = "Min" },
            new("gradientNorm", "norm of the mean gradient over the examples") { Column = "Gradient" },
            new("loss", "mean loss over the examples") { Column = "Loss" },
            new("accuracy", "share of the examples that the weights get right") { Column = "Accuracy" },
            new("positive", "share of the eigenvalues above the tolerance: the minimum ratio") { Column = "Positive" },
            new("negative", "share of the eigenvalues below minus the tolerance"),
            new("trace", "sum of all eigenvalues"),
            new("weightsJob", "id of the job whose weights are looked at, where the spec names a TrainingJob object") { IsText = true },
            new("weightsSha256", "SHA-256 of the parameters and buffers that were looked at") { IsText = true },
            new("findingsSha256", "SHA-256 of all results: equal when every bit of them is") { IsText = true },
        ]);

    /// <summary>Both of them.</summary>
    public static IReadOnlyList<ResourceKind> All { get; } = [TrainingJob, LandscapeProbe];

    /// <summary>In an object's address.</summary>
    public string Plural => Singular + "s";

    public string Singular => Name.ToLowerInvariant();

    /// <summary>Plural and group, as rights and definitions name it.</summary>
    public string FullName => $"{Plural}.{ResourceNames.Group}";
}
