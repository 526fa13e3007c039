using Microsoft.Extensions.Logging;

namespace DistTrain.Observability;

/// <summary>What a process has to say while there is no host that logs yet, or none any more, in the form of its logs.</summary>
/// <param name="asJson">An object a line, not lines for people.</param>
public sealed partial class StartLog(bool asJson)
{
    /// <summary>What the start waits for.</summary>
    public Waits Waits => field ??= new Waits(text => With(logger => Waiting(logger, text)), TimeProvider.System);

    /// <summary>Why the process ends.</summary>
    public void Fail(string problem) => With(logger => Failed(logger, problem));

    // Made anew each time: hardly ever anything is said, and to dispose it is what makes sure that it is written.
    private void With(Action<ILogger> say)
    {
        using var logging = LoggerFactory.Create(builder => builder.AddLogs(asJson));
        say(logging.CreateLogger("DistTrain.Start"));
    }

    [LoggerMessage(5101, LogLevel.Warning, "{Wait}")]
    private static partial void Waiting(ILogger logger, string wait);

    [LoggerMessage(5102, LogLevel.Critical, "{Problem}")]
    private static partial void Failed(ILogger logger, string problem);
}
