using System.Globalization;

namespace DistTrain.Operator.Resources;

/// <summary>Numbers as <c>kubectl get</c> shows them: columns have the digits that people read, the status beside them all that there are.</summary>
/// <param name="Progress">Steps of all steps, such as 120/300.</param>
/// <param name="Loss">Four digits, as the next three.</param>
/// <param name="LambdaMax">The largest eigenvalue.</param>
/// <param name="LambdaMin">The smallest.</param>
/// <param name="GradientNorm">Of the mean gradient.</param>
/// <param name="Accuracy">Percent, such as 97.5%.</param>
/// <param name="Positive">Percent, to four places: of a million eigenvalues a hundred count.</param>
public sealed record StatusDisplay(string? Progress, string? Loss, string? LambdaMax, string? LambdaMin, string? GradientNorm, string? Accuracy, string? Positive)
{
    internal static StatusDisplay Of(JobFigures figures) => new(
        figures is { Step: { } step, TotalSteps: { } total } ? string.Create(CultureInfo.InvariantCulture, $"{step}/{total}") : null,
        Digits(figures.Loss),
        Digits(figures.LambdaMax),
        Digits(figures.LambdaMin),
        Digits(figures.GradientNorm),
        figures.Accuracy is { } right ? string.Create(CultureInfo.InvariantCulture, $"{100 * right:0.0#}%") : null,
        figures.Positive is { } positive ? string.Create(CultureInfo.InvariantCulture, $"{100 * positive:0.####}%") : null);

    private static string? Digits(double? number) => number?.ToString("G4", CultureInfo.InvariantCulture);
}
