using DistTrain.Operator.Resources;
using DistTrain.Protocol;

namespace DistTrain.Operator.Reconciling;

/// <summary>What is told as events: each turn of an object, and lines of its job's log that somebody may act on.</summary>
internal static class EventRules
{
    /// <summary>What became of an object between two statuses of it.</summary>
    /// <param name="before">As it was written last.</param>
    /// <param name="now">As it is written now.</param>
    /// <param name="at">When.</param>
    public static IEnumerable<ObjectEvent> Of(ResourceStatus before, ResourceStatus now, DateTimeOffset at)
    {
        if (Turned(ConditionTypes.Accepted) is { Status: not ResourceCondition.Unknown } accepted)
            yield return Told(accepted, isWarning: accepted.Status == ResourceCondition.False);
        if (Turned(ConditionTypes.SpecInForce) is { Status: ResourceCondition.False } changed)
            yield return Told(changed, isWarning: true);
        if (Turned(ConditionTypes.Suspended) is { } suspended)
            yield return Told(suspended, isWarning: false);
        // What the job waits for is in its log.
        if (Turned(ConditionTypes.Progressing) is { Status: ResourceCondition.True, Reason: "Running" } running && now.State != before.State && before.State != ResourceStates.Waiting)
            yield return Told(running, isWarning: false);
        if (Turned(ConditionTypes.Completed) is { } completed)
            yield return Told(completed, isWarning: false);
        if (Turned(ConditionTypes.Failed) is { } failed)
            yield return Told(failed, isWarning: true);

        ResourceCondition? Turned(string type)
        {
            var (was, its) = (before.Condition(type), now.Condition(type));
            return its is not null && (its.Status, its.Reason) != (was?.Status, was?.Reason) ? its : null;
        }

        ObjectEvent Told(ResourceCondition condition, bool isWarning) => new(at, isWarning, condition.Reason, condition.Message);
    }

    /// <summary>What a line of the job's log is as an event; null for one that nobody has to look after.</summary>
    public static ObjectEvent? Of(LogLine line)
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(line.Time);
        return line.Kind switch
        {
            LogKind.Restored => new ObjectEvent(at, IsWarning: true, "Restored", line.Text),
            LogKind.Moved => new ObjectEvent(at, IsWarning: false, "Moved", line.Text),
            LogKind.Waits => new ObjectEvent(at, IsWarning: true, "Waiting", line.Text),
            LogKind.WaitOver => new ObjectEvent(at, IsWarning: false, "WaitOver", line.Text),
            LogKind.Fault => new ObjectEvent(at, IsWarning: true, "Fault", line.Text),
            _ => null,
        };
    }
}
