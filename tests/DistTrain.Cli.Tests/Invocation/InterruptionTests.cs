using System.Runtime.InteropServices;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Tests.Doubles;

namespace DistTrain.Cli.Tests.Invocation;

[Trait("Kind", "Fast")]
public class InterruptionTests
{
    [Fact]
    public async Task First_asks_second_forces_third_is_the_systems()
    {
        using var interruption = new Interruption(TimeProvider.System) { HandlesForce = true };
        Assert.True(interruption.Receive(PosixSignal.SIGINT));
        await Cancelled(interruption.Requested).For("the request");
        Assert.False(interruption.Forced.IsCancellationRequested);
        Assert.True(interruption.Receive(PosixSignal.SIGTERM));
        await Cancelled(interruption.Forced).For("the force");
        Assert.False(interruption.Receive(PosixSignal.SIGINT));
    }

    [Fact]
    public void A_command_with_nothing_to_clean_up_ends_with_the_second()
    {
        using var interruption = new Interruption(TimeProvider.System);
        Assert.True(interruption.Receive(PosixSignal.SIGINT));
        Assert.False(interruption.Receive(PosixSignal.SIGINT));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_command_that_holds_nothing_is_overdue_soon_after_the_first(bool endsInOrder)
    {
        var clock = new ManualTimers();
        using var interruption = new Interruption(clock) { EndsInOrder = endsInOrder };
        interruption.Receive(PosixSignal.SIGTERM);
        await clock.WaitedForAsync(1, "the patience");
        Assert.False(interruption.Overdue.IsCompleted);
        clock.Advance(Interruption.Patience);
        if (endsInOrder)
            Assert.False(interruption.Overdue.IsCompleted);
        else
            await interruption.Overdue.For("the end of the patience");
    }

    [Fact]
    public void A_child_leaves_all_signals_to_its_parent()
    {
        using var interruption = new Interruption(TimeProvider.System) { ObeysParent = true };
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGHUP, PosixSignal.SIGTERM, PosixSignal.SIGTERM])
            Assert.True(interruption.Receive(signal));
        Assert.False(interruption.Requested.IsCancellationRequested);
    }

    /// <summary><c>timeout</c> signals its child, and then the group that it is in: the second was taken for "end at once".</summary>
    [Fact]
    public async Task SIGTERM_twice_at_once_is_one_wish()
    {
        var clock = new ManualClock();
        using var interruption = new Interruption(clock) { HandlesForce = true };
        Assert.True(interruption.Receive(PosixSignal.SIGTERM));
        await Cancelled(interruption.Requested).For("the request");
        Assert.True(interruption.Receive(PosixSignal.SIGTERM));
        Assert.False(interruption.Forced.IsCancellationRequested);

        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True(interruption.Receive(PosixSignal.SIGTERM));
        await Cancelled(interruption.Forced).For("the force");
    }

    private static Task Cancelled(CancellationToken token)
    {
        var done = new TaskCompletionSource();
        token.Register(done.SetResult);
        return done.Task;
    }
}
