namespace DistTrain.Operator.Resources;

/// <summary>Something that happened to an object or to its job.</summary>
/// <param name="At">When.</param>
/// <param name="IsWarning">True where somebody may have to look.</param>
/// <param name="Reason">One word.</param>
/// <param name="Message">For people.</param>
internal sealed record ObjectEvent(DateTimeOffset At, bool IsWarning, string Reason, string Message);
