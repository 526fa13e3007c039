using System.Collections.Concurrent;
using DistTrain.Worker.Cluster;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DistTrain.Worker.Tests.Cluster;

/// <summary>Silos of one machine that start at the same moment do not cost each other their writes, each of which Orleans would repeat seconds later.</summary>
[Trait("Kind", "Fast")]
public sealed class JoinTurnTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Silos_that_start_at_once_lose_no_write()
    {
        using var log = new LostWrites();
        var silos = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => SiloProcess.StartAsync($"silo{i}", _folder["cluster.db"], log))));
        var lost = log.Lines.ToList();
        foreach (var silo in silos)
            await SiloProcess.StopAsync(silo);
        Assert.Empty(lost);
    }

    [Fact]
    public async Task A_turn_that_does_not_come_is_not_waited_for()
    {
        var path = _folder["join.lock"];
        using var other = FileLock.TryTake(path);
        var time = new FakeTimeProvider();
        using var turn = new JoinTurn(path, time);
        var taken = turn.TakeAsync(CancellationToken.None);
        while (!taken.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        await taken;
        Assert.True(time.GetUtcNow() - time.Start >= JoinTurn.Patience);
    }

    [Fact]
    public async Task Where_no_file_can_be_held_there_are_no_turns()
    {
        using var turn = new JoinTurn(_folder["missing/join.lock"], TimeProvider.System);
        await turn.TakeAsync(CancellationToken.None);
    }

    private sealed class LostWrites : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (formatter(state, exception) is var line && line.Contains("another silo has written", StringComparison.Ordinal))
                Lines.Enqueue(line);
        }

        public void Dispose()
        {
        }
    }
}
