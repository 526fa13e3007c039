using DistTrain.Worker.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace DistTrain.Worker.Tests.Cluster;

[Trait("Kind", "Fast")]
public sealed class SqliteGrainStorageTests : IDisposable
{
    private static readonly GrainId Grain = GrainId.Create("job", "mnist-1");

    private readonly TempFolder _folder = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private readonly ClusterDatabase _database;
    private readonly SqliteGrainStorage _storage;

    public SqliteGrainStorageTests()
    {
        _database = new ClusterDatabase(_folder["cluster.db"], NullLogger<ClusterDatabase>.Instance);
        _storage = new SqliteGrainStorage(_database, _services.GetRequiredService<IActivatorProvider>());
    }

    public enum Phase
    {
        Queued,
        Running,
    }

    public void Dispose()
    {
        _database.Dispose();
        _services.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Absent_state_is_fresh()
    {
        var state = new GrainState<Record> { State = null!, ETag = "7", RecordExists = true };
        await _storage.ReadStateAsync("job", Grain, state);
        Assert.Equal(new Record(), state.State);
        Assert.Null(state.ETag);
        Assert.False(state.RecordExists);
    }

    [Fact]
    public async Task State_comes_back_as_it_was_written()
    {
        var written = new GrainState<Record>(new Record { Name = "größe", Phase = Phase.Running, Loss = double.NaN, Steps = [1, 2] });
        await _storage.WriteStateAsync("job", Grain, written);
        Assert.True(written.RecordExists);

        var read = await ReadAsync();
        Assert.Equivalent(written.State, read.State, strict: true);
        Assert.Equal(written.ETag, read.ETag);
        Assert.True(read.RecordExists);
    }

    [Fact]
    public async Task States_of_other_names_and_grains_are_apart()
    {
        await _storage.WriteStateAsync("job", Grain, new GrainState<Record>(new Record { Name = "a" }));
        await _storage.WriteStateAsync("other", Grain, new GrainState<Record>(new Record { Name = "b" }));
        await _storage.WriteStateAsync("job", GrainId.Create("job", "mnist-2"), new GrainState<Record>(new Record { Name = "c" }));
        Assert.Equal("a", (await ReadAsync()).State!.Name);
    }

    [Fact]
    public async Task A_holder_writes_again_and_again()
    {
        var state = await ReadAsync();
        string? last = null;
        for (var i = 0; i < 3; i++)
        {
            state.State!.Name = $"{i}";
            await _storage.WriteStateAsync("job", Grain, state);
            Assert.NotEqual(last, state.ETag);
            last = state.ETag;
        }

        Assert.Equal("2", (await ReadAsync()).State!.Name);
    }

    [Fact]
    public async Task An_old_holder_neither_writes_nor_clears()
    {
        var (first, second) = (await ReadAsync(), await ReadAsync());
        first.State!.Name = "first";
        await _storage.WriteStateAsync("job", Grain, first);

        second.State!.Name = "second";
        var refused = await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.WriteStateAsync("job", Grain, second));
        Assert.Equal(first.ETag, refused.StoredEtag);
        Assert.Null(refused.CurrentEtag);
        await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.ClearStateAsync("job", Grain, second));
        Assert.Null(second.ETag);
        Assert.Equal("first", (await ReadAsync()).State!.Name);
    }

    [Fact]
    public async Task Cleared_state_is_absent_and_its_etag_never_comes_again()
    {
        var state = await ReadAsync();
        await _storage.WriteStateAsync("job", Grain, state);
        var old = new GrainState<Record>(new Record(), state.ETag!) { RecordExists = true };
        await _storage.ClearStateAsync("job", Grain, state);
        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
        Assert.False((await ReadAsync()).RecordExists);

        await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.WriteStateAsync("job", Grain, old));
        await _storage.WriteStateAsync("job", Grain, state);
        await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.WriteStateAsync("job", Grain, old));
    }

    [Fact]
    public async Task Clearing_absent_state_is_nothing() =>
        await _storage.ClearStateAsync("job", Grain, await ReadAsync());

    [Fact]
    public async Task Of_writers_at_once_exactly_one_wins()
    {
        var states = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ReadAsync()));
        var won = await Task.WhenAll(states.Select(async (state, i) =>
        {
            state.State!.Name = $"{i}";
            try
            {
                await _storage.WriteStateAsync("job", Grain, state);
                return true;
            }
            catch (InconsistentStateException)
            {
                return false;
            }
        }));
        Assert.Single(won, w => w);
        Assert.Equal($"{Array.IndexOf(won, true)}", (await ReadAsync()).State!.Name);
    }

    private async Task<GrainState<Record>> ReadAsync()
    {
        var state = new GrainState<Record>();
        await _storage.ReadStateAsync("job", Grain, state);
        return state;
    }

    public sealed record Record
    {
        public string Name { get; set; } = "";

        public Phase Phase { get; set; }

        public double Loss { get; set; }

        public IReadOnlyList<int> Steps { get; set; } = [];
    }
}
