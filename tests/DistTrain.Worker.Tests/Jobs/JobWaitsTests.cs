using DistTrain.Observability;
using DistTrain.Worker.Jobs;
using Microsoft.Extensions.Time.Testing;

namespace DistTrain.Worker.Tests.Jobs;

[Trait("Kind", "Fast")]
public sealed class JobWaitsTests
{
    private const string Server = "server 10.0.0.8:6000";

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero));
    private readonly JobNotes _notes;
    private readonly JobWaits _waits;

    public JobWaitsTests()
    {
        _notes = new JobNotes(new JobClock(_time), () => 7);
        _waits = new JobWaits(_notes, new JobClock(_time));
    }

    /// <summary>The job's grain asks again and again, and is told each time that nobody is there.</summary>
    [Fact]
    public void A_server_that_stays_away_is_said_once_with_the_time_of_the_first_call()
    {
        for (var second = 0; second < 60; second++)
        {
            _waits.Begin(Server);
            _waits.Fail(Server, "Connection refused");
            _waits.Look();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        var line = $"waits for {Server} since 12:00:00 UTC: Connection refused";
        Assert.Equal([line], Said);
        Assert.Equal(line, _waits.Text);
        _waits.End(Server);
        Assert.Equal([line, $"no longer waits for {Server}, after 60 s"], Said);
        Assert.Null(_waits.Text);
    }

    /// <summary>A server that is stopped, or behind a network that swallows everything, keeps a call open for half a minute.</summary>
    [Fact]
    public void A_call_without_an_answer_is_a_wait_before_it_fails()
    {
        _waits.Begin(Server);
        _time.Advance(WaitText.Patience);
        _waits.Look();
        Assert.Equal([$"waits for {Server} since 12:00:00 UTC"], Said);
    }

    [Fact]
    public void What_answers_each_time_is_not_waited_for_however_long_it_is_asked()
    {
        for (var second = 0; second < 60; second++)
        {
            _waits.Begin(Server);
            _time.Advance(TimeSpan.FromSeconds(1));
            _waits.Look();
            _waits.End(Server);
        }

        Assert.Empty(Said);
    }

    [Fact]
    public async Task Work_that_lasts_is_said_and_its_end_too_also_when_it_fails()
    {
        var reading = new TaskCompletionSource<int>();
        var waiting = _waits.DuringAsync("its data to be read", reading.Task);
        _time.Advance(TimeSpan.FromSeconds(8));
        _waits.Look();
        reading.SetException(new IOException("gone"));
        await Assert.ThrowsAsync<IOException>(() => waiting);
        Assert.Equal(["waits for its data to be read since 12:00:00 UTC", "no longer waits for its data to be read, after 8 s"], Said);
    }

    private IEnumerable<string> Said => _notes.Lines.Select(line => line.Text);
}
