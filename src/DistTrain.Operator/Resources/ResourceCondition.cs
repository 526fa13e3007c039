namespace DistTrain.Operator.Resources;

/// <summary>A metav1.Condition.</summary>
/// <param name="Type">One of <see cref="ConditionTypes"/>.</param>
/// <param name="Status">True, False or Unknown.</param>
/// <param name="Reason">One word.</param>
/// <param name="Message">For people; at most 32,768 characters.</param>
/// <param name="LastTransitionTime">When <paramref name="Status"/> became what it is.</param>
/// <param name="ObservedGeneration">Generation of the spec that it is about.</param>
public sealed record ResourceCondition(string Type, string Status, string Reason, string Message, DateTimeOffset LastTransitionTime, long? ObservedGeneration)
{
    public const string True = "True";
    public const string False = "False";
    public const string Unknown = "Unknown";
    public const int LongestMessage = 32_768;
}
