using System.Text.RegularExpressions;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Observability;

namespace DistTrain.Cli.Tests.Commands;

[Trait("Kind", "Fast")]
public sealed class WaitsTests : IDisposable
{
    private readonly ManualTimers _clock = new();
    private readonly StringWriter _log = new();

    [Fact]
    public async Task What_lasts_is_said_once_and_again_when_it_is_over()
    {
        var answer = new TaskCompletionSource<int>();
        var waiting = new Waits(_log.WriteLine, _clock).DuringAsync("the answer of silo:5000", answer.Task);
        _clock.Advance(WaitText.Patience - TimeSpan.FromMilliseconds(1));
        Assert.Empty(Lines);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Matches(new Regex(@"^waits for the answer of silo:5000 since \d\d:\d\d:\d\d UTC$"), Assert.Single(Lines));
        _clock.Advance(TimeSpan.FromMinutes(1));
        answer.SetResult(7);
        Assert.Equal(7, await waiting);
        Assert.Equal("no longer waits for the answer of silo:5000, after 65 s", Assert.Single(Lines[1..]));
    }

    [Fact]
    public void The_reason_is_said_as_far_as_it_is_known()
    {
        using var wait = new Waits(_log.WriteLine, _clock).Begin("Redis");
        wait.Because("nobody listens there");
        _clock.Advance(WaitText.Patience);
        Assert.EndsWith(" UTC: nobody listens there", Assert.Single(Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_over_in_time_nobody_hears_of()
    {
        await new Waits(_log.WriteLine, _clock).DuringAsync("nothing", Task.CompletedTask);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(Lines);
    }

    public void Dispose() => _log.Dispose();

    private string[] Lines => Contexts.Lines(_log);
}
