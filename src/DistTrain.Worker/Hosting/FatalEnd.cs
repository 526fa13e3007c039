namespace DistTrain.Worker.Hosting;

/// <summary>
/// Ends the process when Orleans can't go on: mostly since the others declared this silo dead while it hung, and run its ranks by now.
/// At once, so that what was started here before does not go on beside them; a supervisor starts the process again. Orleans' own way is an abort
/// with a core dump.
/// </summary>
internal sealed class FatalEnd : IFatalErrorHandler
{
    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        // Not by the log: its own thread might not come to it. The log has the membership that follows the reason.
        Console.Error.WriteLine($"this silo can't go on and ends: {context?.Split(" Reason:")[0]} {exception?.Message}");
        Environment.Exit(1);
    }
}
