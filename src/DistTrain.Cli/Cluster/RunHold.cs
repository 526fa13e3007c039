using DistTrain.Cli.Invocation;
using DistTrain.Cli.Roles;
using DistTrain.Worker.Cluster;

namespace DistTrain.Cli.Cluster;

/// <summary>
/// Keeps a run's folder to one cluster: held as long as the command lives, and taken only once no process of an earlier one is left. After
/// the command was killed, its children need some seconds to notice.
/// </summary>
internal sealed class RunHold : IDisposable
{
    /// <summary>A role ends within <see cref="ParentWatch.Grace"/> of its parent.</summary>
    private static readonly TimeSpan Patience = ParentWatch.Grace + TimeSpan.FromSeconds(4);

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    private readonly FileLock _own;

    private RunHold(FileLock own) => _own = own;

    /// <exception cref="CommandException">Another command runs here.</exception>
    public static async Task<RunHold> TakeAsync(RunFolder folder, TimeProvider clock, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder.Cluster);
        var own = FileLock.TryTake(Path.Combine(folder.Cluster, "run.lock"))
            ?? throw CommandException.BadInput($"{folder.Shown}: another command is running this job; watch it, or end it first");
        var hold = new RunHold(own);
        try
        {
            var begun = clock.GetTimestamp();
            while (Directory.EnumerateFiles(folder.Cluster, ChildLock("*")).FirstOrDefault(IsHeld) is { } held)
            {
                if (clock.GetElapsedTime(begun) > Patience)
                    throw CommandException.BadInput($"{folder.Shown}: {Path.GetFileNameWithoutExtension(held)} of an earlier command still runs; end it first");
                await Task.Delay(LookInterval, clock, cancel);
            }

            return hold;
        }
        catch
        {
            hold.Dispose();
            throw;
        }
    }

    /// <summary>Name of the file that a child holds.</summary>
    /// <param name="child">server-0, silo-1, ….</param>
    public static string ChildLock(string child) => $"{child}.process.lock";

    public void Dispose() => _own.Dispose();

    private static bool IsHeld(string path)
    {
        using var taken = FileLock.TryTake(path);
        return taken is null;
    }
}
