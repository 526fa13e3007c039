using System.Globalization;

namespace DistTrain.Observability;

/// <summary>How a process says that it waits for somebody, and no longer does: the same in a job's log and on standard error.</summary>
public static class WaitText
{
    /// <summary>What is over before, nobody needs to know of.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The line for a wait that lasts.</summary>
    /// <param name="whom">Whom or what is waited for, e.g. "server 127.0.0.1:6000".</param>
    /// <param name="since">When the wait began.</param>
    /// <param name="reason">Why there is no answer; null where that is not known.</param>
    public static string Begun(string whom, DateTimeOffset since, string? reason = null) =>
        $"waits for {whom} since {since.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} UTC{(reason is null ? "" : $": {reason}")}";

    /// <summary>The line for its end.</summary>
    /// <param name="whom">As before.</param>
    /// <param name="after">How long it lasted.</param>
    public static string Over(string whom, TimeSpan after) => string.Create(CultureInfo.InvariantCulture, $"no longer waits for {whom}, after {after.TotalSeconds:0} s");
}
