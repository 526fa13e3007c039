using System.Globalization;

namespace DistTrain.Operator.Resources;

/// <summary>Numbers as <c>kubectl get</c> shows them: columns have the digits that people read, the status beside them all that there are.</summary>
/// <param name="Progress">Steps of all steps, such as 120/300.</param>
/// <param name="Loss">Four digits.</param>
/// <param name="Accuracy">Percent, such as 97.5%.</param>
public sealed record StatusDisplay(string? Progress, string? Loss, string? Accuracy)
{
    internal static StatusDisplay Of(TrainingJobStatus status) => new(
        status is { Step: { } step, TotalSteps: { } total } ? string.Create(CultureInfo.InvariantCulture, $"{step}/{total}") : null,
        status.Loss?.ToString("G4", CultureInfo.InvariantCulture),
        status.Accuracy is { } share ? string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0#}%") : null);
}
