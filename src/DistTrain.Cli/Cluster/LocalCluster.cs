using DistTrain.Cli.Commands;
using DistTrain.Cli.Jobs;

namespace DistTrain.Cli.Cluster;

/// <summary>
/// A cluster of real processes on this machine: parameter servers first, then the silos, which need the servers' endpoints.
/// Each child is started from a <see cref="ChildStart"/> and watched one by one, so that it can also be started again.
/// </summary>
internal sealed class LocalCluster(ClusterPlan plan, SelfExecutable executable, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>How long a child may take from its start to its announcement.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);

    /// <summary>From the wish to end to the killing of what is still there.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(8);

    /// <summary>The part of <see cref="StopLimit"/> in which servers still serve silos that are handing over.</summary>
    private static readonly TimeSpan SilosFirst = TimeSpan.FromSeconds(3);

    private readonly List<ChildProcess> _servers = [];
    private readonly List<ChildProcess> _silos = [];
    private readonly TaskCompletionSource<ChildExit> _unexpectedExit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopping;

    /// <summary>The front doors for clients, once started.</summary>
    public IReadOnlyList<Endpoint> Silos { get; private set; } = [];

    /// <summary>Completes with the first child that ends although nobody asked it to.</summary>
    public Task<ChildExit> UnexpectedExit => _unexpectedExit.Task;

    /// <summary>Starts all processes and waits until each has announced itself.</summary>
    /// <exception cref="CommandException">A child ended or kept silent.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        Directory.CreateDirectory(plan.ClusterFolder);
        for (var i = 0; i < plan.Servers; i++)
            _servers.Add(Start(plan.Server(i)));
        var servers = await ListeningAsync(_servers, cancel);
        for (var i = 0; i < plan.Silos; i++)
            _silos.Add(Start(plan.Silo(i, servers.Select(server => server.ToString()))));
        Silos = await ListeningAsync(_silos, cancel);
    }

    /// <summary>Ends all processes: asks the silos, then the servers, and kills what is left after some seconds.</summary>
    /// <param name="force">Kills at once.</param>
    public async Task StopAsync(CancellationToken force)
    {
        _stopping = true;
        ChildProcess[] all = [.. _silos, .. _servers];
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

    private ChildProcess Start(ChildStart start)
    {
        var child = ChildProcess.Start(executable, start);
        _ = WatchAsync(child);
        return child;
    }

    // A supervisor that starts a child again would decide here.
    private async Task WatchAsync(ChildProcess child)
    {
        var exit = await child.Exited;
        if (!_stopping)
            _unexpectedExit.TrySetResult(exit);
    }

    private async Task<IReadOnlyList<Endpoint>> ListeningAsync(List<ChildProcess> children, CancellationToken cancel)
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

        return listening.IsCompleted ? await listening : throw CommandException.Failed((await UnexpectedExit).Report);
    }

    private async Task GoneAsync(IReadOnlyCollection<ChildProcess> children, TimeSpan limit, CancellationToken end)
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
