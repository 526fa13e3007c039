using System.Diagnostics;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Cli.Roles;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Machine;
using DistTrain.Worker.Cluster;

namespace DistTrain.Cli.Commands;

/// <summary>
/// What server and silo have in common as processes: where they may listen, the one line with which they announce
/// themselves, and the ways in which they end.
/// </summary>
internal static class RoleProcess
{
    /// <summary>Somebody wanted another value of a setting that decides the bits of jobs.</summary>
    public static void LogOverride(NativeSetting setting, TextWriter log) => log.WriteLine($"{setting}: it decides the bits of a job");

    /// <summary>Runs a role until the user, the operating system or the parent ends it.</summary>
    /// <param name="context">The command.</param>
    /// <param name="role">server or silo.</param>
    /// <param name="ports">What it listens on.</param>
    /// <param name="serve">The role: announces its endpoint once and returns after the token is cancelled.</param>
    /// <param name="told">Called, on a thread of its own, with each line that the parent says.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(CommandContext context, string role, IReadOnlyList<BoundPort> ports, Func<Action<string>, CancellationToken, Task> serve, Action<string> told)
    {
        // A child of `train` ends when its parent says so: a terminal, systemd and SLURM signal all processes of a run, and a child that obeyed them would
        // be gone before its parent could cancel the job in order.
        context.Interruption.ObeysParent = context.Get(RoleOptions.ExitWithParent);
        // Before all else: it may start the process anew.
        if (StartEnvironment.Ensure(context.Get(RoleOptions.Determinism), setting => LogOverride(setting, context.Error)) is { } impossible)
            throw CommandException.BadInput(impossible);
        var host = context.Get(RoleOptions.Host);
        if (BindAddress.Problem(host, context.Get(RoleOptions.Insecure), context.GetOrDefault(RoleOptions.Certificates) is not null) is { } problem)
            throw CommandException.BadInput(problem);
        if (DescriptorLimit.Problem() is { } few)
            throw CommandException.Failed(few);
        BindAddress.Probe(ports);
        context.Interruption.EndsInOrder = true;
        using var held = Hold(context.GetOrDefault(RoleOptions.Lock));
        // Standard output belongs to the announcement: whatever a library prints goes to the log.
        Console.SetOut(context.Error);

        // Not disposed: the parent's end may come while the process is already leaving.
        var stop = CancellationTokenSource.CreateLinkedTokenSource(context.Interruption.Requested);
        if (context.Get(RoleOptions.ExitWithParent))
            ParentWatch.Start(Console.OpenStandardInput(), told, ParentWatch.Grace, stop.Cancel, Process.GetCurrentProcess().Kill);

        var announced = false;
        try
        {
            await serve(Announce, stop.Token);
        }
        catch (Exception e) when (!announced && BindAddress.Explain(e, ports) is { } causes)
        {
            throw CommandException.BadInput(causes);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to end while starting.
        }

        return stop.IsCancellationRequested
            ? ExitCode.Done
            : throw CommandException.Failed($"the {role} ended without being asked to");

        void Announce(string endpoint)
        {
            announced = true;
            context.Output.WriteLine(OutputJson.Line(new ListeningEvent(role, endpoint)));
            context.Output.Flush();
        }
    }

    private static FileLock? Hold(string? path) => path is null
        ? null
        : FileLock.TryTake(path) ?? throw CommandException.BadInput($"another process holds {path}: it does this one's work");
}
