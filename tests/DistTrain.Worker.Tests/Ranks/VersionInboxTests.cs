using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Worker.Ranks;

namespace DistTrain.Worker.Tests.Ranks;

/// <summary>What comes from two servers of two buckets each, in any order, more than once, of other versions.</summary>
[Trait("Kind", "Fast")]
public sealed class VersionInboxTests
{
    private static readonly ParameterLayout _layout = ParameterLayout.Of([new Segment("weight", SegmentKind.Weight, [4, 16], 0, Initialization.One)], bucketLength: 16);

    private readonly float[] _parameters = new float[_layout.Length];
    private readonly VersionInbox _inbox;

    public VersionInboxTests() => _inbox = new VersionInbox(new VersionPlace(_layout, _parameters), servers: 2);

    [Fact]
    public async Task A_rank_starts_at_the_lowest_step_that_a_server_waits_for_once_all_have_taken_it_in()
    {
        var joined = Task.Run(_inbox.WaitForJoin);
        Joined(server: 1, 8);
        Assert.False(joined.IsCompleted);
        Joined(server: 0, 7);
        Assert.Equal(7, await joined.For("the rank has joined"));
    }

    [Fact]
    public async Task A_version_is_whole_with_every_head_and_bucket_and_what_is_of_others_or_comes_again_is_ignored()
    {
        _inbox.Expect(5);
        var whole = Task.Run(_inbox.WaitForVersion);
        foreach (var bucket in Enumerable.Range(0, 4))
        {
            Bucket(bucket, version: 4, 99);
            Bucket(bucket, version: 5, bucket);
            Bucket(bucket, version: 5, 77);
        }

        Head(server: 0, version: 5);
        Head(server: 0, version: 5);
        Head(server: 1, version: 4);
        Assert.False(whole.IsCompleted);
        Head(server: 1, version: 5);
        Assert.Equal(5, (await whole.For("the version is whole")).Version);
        Assert.Equal([0f, 1, 2, 3], _layout.Buckets.Select(bucket => _parameters[bucket.Offset]));
        var (first, last, bytes) = _inbox.ArrivalOf(server: 0);
        Assert.True(first > 0 && first <= last);
        Assert.Equal(2 * 16 * sizeof(float), bytes);
    }

    /// <summary>A server that has been asked to stop says so with its last version, another perhaps not yet.</summary>
    [Fact]
    public void Training_is_over_when_any_server_says_so()
    {
        _inbox.Expect(5);
        foreach (var bucket in Enumerable.Range(0, 4))
            Bucket(bucket, version: 5, 0);
        Head(server: 0, version: 5);
        Head(server: 1, version: 5, take: 0);
        Assert.Equal(0, _inbox.WaitForVersion().Take);
    }

    [Fact]
    public async Task Who_waits_gets_the_first_reason_for_which_a_stream_has_ended()
    {
        _inbox.Expect(5);
        var whole = Task.Run(_inbox.WaitForVersion);
        _inbox.Fail(new IOException("first"));
        _inbox.Fail(new IOException("second"));
        Assert.Equal("first", (await Assert.ThrowsAsync<IOException>(() => whole.For("the wait ends"))).Message);
        Assert.Equal("first", Assert.Throws<IOException>(() => _inbox.WaitForJoin()).Message);
    }

    [Fact]
    public void Whoever_asked_for_it_is_told_of_a_fault_once_also_when_he_comes_late()
    {
        var told = new List<string>();
        _inbox.OnFault(() => told.Add("before"));
        _inbox.Fail(new IOException("gone"));
        _inbox.Fail(new IOException("again"));
        _inbox.OnFault(() => told.Add("after"));
        Assert.Equal(["before", "after"], told);
    }

    private void Joined(int server, long step) => Receive(server, new ServerMessage { Joined = new Joined { OpenStep = step } });

    private void Head(int server, long version, int take = 8) => Receive(server, new ServerMessage { Head = new VersionHead { Version = version, Take = take } });

    private void Bucket(int bucket, long version, float value) => Receive(
        bucket / 2, new ServerMessage { Parameters = new ParameterChunk { Version = version, Bucket = bucket } }, Enumerable.Repeat(value, 16).ToArray());

    private void Receive(int server, ServerMessage message, float[]? payload = null)
    {
        using var frame = Frame<ServerMessage>.ToSend(message, payload);
        _inbox.Receive(server, frame, shared: default);
    }
}
