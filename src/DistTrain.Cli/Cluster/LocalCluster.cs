using DistTrain.Cli.Invocation;
using DistTrain.Page.Data;
using DistTrain.Protocol.Clients;
using DistTrain.Torch.Machine;

namespace DistTrain.Cli.Cluster;

/// <summary>
/// A cluster of real processes on this machine. All start beside each other; the silos are told the servers' endpoints once these listen.
/// Each is watched one by one and started again when it ends unasked.
/// </summary>
/// <param name="plan">Size and place.</param>
/// <param name="executable">The program.</param>
/// <param name="clock">Measures limits and waits.</param>
/// <param name="restarting">Told, on any thread, of each process that ended unasked and is started again.</param>
internal sealed class LocalCluster(ClusterPlan plan, SelfExecutable executable, TimeProvider clock, Action<ChildExit> restarting) : IAsyncDisposable
{
    /// <summary>How long a child may take from its start to its announcement.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);

    /// <summary>From the wish to end to the killing of what is still there.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(8);

    /// <summary>The part of <see cref="StopLimit"/> in which servers still serve silos that are handing over.</summary>
    private static readonly TimeSpan SilosFirst = TimeSpan.FromSeconds(3);

    private readonly List<SupervisedChild> _servers = [];
    private readonly List<SupervisedChild> _silos = [];
    private readonly TaskCompletionSource<ChildExit> _unexpectedExit = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>E.g. "1 server and 2 silos".</summary>
    public string Description => plan.Describe();

    /// <summary>The front doors for clients, once started.</summary>
    public IReadOnlyList<Endpoint> Silos { get; private set; } = [];

    public IReadOnlyList<SupervisedChild> ServerProcesses => _servers;

    public IReadOnlyList<SupervisedChild> SiloProcesses => _silos;

    /// <summary>Where silos are told to find a server that listens at an endpoint; by default, there.</summary>
    public Func<Endpoint, Endpoint> ServerDoor { get; init; } = server => server;

    /// <summary>Told, on any thread, of each process that ended unasked, before it is started again or the run ends, and of each that listens again.</summary>
    public Action<RunLogKind, string>? Happened { get; set; }

    /// <summary>Ends of a child in a row, each soon after its start, after which it is not started again.</summary>
    public int MostFailures { get; init; } = 5;

    /// <summary>Completes with the first child that ended unasked and is not started again: it ends whenever it is.</summary>
    public Task<ChildExit> UnexpectedExit => _unexpectedExit.Task;

    /// <summary>Starts all processes and waits until each has announced itself.</summary>
    /// <exception cref="CommandException">A child ended or kept silent.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        if (DescriptorLimit.Problem() is { } few)
            throw CommandException.Failed(few);
        Directory.CreateDirectory(plan.ClusterFolder);
        var doors = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        for (var i = 0; i < plan.Servers; i++)
        {
            var index = i;
            _servers.Add(Start(port => plan.Server(index, port)));
        }

        for (var i = 0; i < plan.Silos; i++)
        {
            var index = i;
            _silos.Add(Start(port => plan.Silo(index, doors.Task, port)));
        }

        doors.SetResult(string.Join(',', (await ListeningAsync(_servers, cancel)).Select(server => ServerDoor(server))));
        Silos = await ListeningAsync(_silos, cancel);
    }

    /// <summary>Ends all processes: asks the silos, then the servers, and kills what is left after some seconds.</summary>
    /// <param name="force">Kills at once.</param>
    public async Task StopAsync(CancellationToken force)
    {
        SupervisedChild[] all = [.. _silos, .. _servers];
        using var limit = new CancellationTokenSource(StopLimit, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, force);
        _silos.ForEach(silo => silo.AskToEnd());
        await GoneAsync(_silos, SilosFirst, end.Token);
        _servers.ForEach(server => server.AskToEnd());
        await GoneAsync(all, StopLimit, end.Token);
        foreach (var child in all.Where(child => !child.Exited.IsCompleted))
            child.Kill();
        await Task.WhenAll(all.Select(child => child.Exited));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        foreach (var child in _silos.Concat(_servers))
            child.Dispose();
    }

    private SupervisedChild Start(Func<int, ChildStart> start)
    {
        var child = new SupervisedChild(executable, start, clock, Restarting, MostFailures, name => Happened?.Invoke(RunLogKind.Joined, $"{name} is back"));
        _ = WatchAsync(child);
        return child;
    }

    private void Restarting(ChildExit exit)
    {
        Happened?.Invoke(RunLogKind.Died, exit.Restart);
        restarting(exit);
    }

    private async Task WatchAsync(SupervisedChild child)
    {
        var exit = await child.GivenUp;
        Happened?.Invoke(RunLogKind.Died, exit.Summary);
        _unexpectedExit.TrySetResult(exit);
    }

    private async Task<IReadOnlyList<Endpoint>> ListeningAsync(List<SupervisedChild> children, CancellationToken cancel)
    {
        var listening = Task.WhenAll(children.Select(child => child.Listening));
        try
        {
            await Task.WhenAny(listening, UnexpectedExit).WaitAsync(StartLimit, clock, cancel);
        }
        catch (TimeoutException)
        {
            var silent = children.Where(child => !child.Listening.IsCompleted);
            throw CommandException.Failed(
                $"no announcement within {StartLimit.TotalSeconds:0} s from {string.Join(", ", silent.Select(child => child.Name))}; "
                + $"see the logs in {plan.ClusterFolder}");
        }

        // All processes of a run may be signalled at once: a child that was gone before it could know better ended because the run does.
        cancel.ThrowIfCancellationRequested();
        return listening.IsCompleted ? await listening : throw CommandException.Failed((await UnexpectedExit).Report);
    }

    private async Task GoneAsync(IReadOnlyCollection<SupervisedChild> children, TimeSpan limit, CancellationToken end)
    {
        try
        {
            await Task.WhenAll(children.Select(child => child.Exited)).WaitAsync(limit, clock, end);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // The caller goes on to the next, harder step.
        }
    }
}
