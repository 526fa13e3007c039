using DistTrain.Worker.Cluster;

namespace DistTrain.Worker.Tests.Cluster;

/// <summary>The contract that Orleans requires of every membership table.</summary>
[Trait("Kind", "Fast")]
public sealed class SqliteMembershipTableTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly MembershipTableFixture _fixture;

    public SqliteMembershipTableTests() => _fixture = new MembershipTableFixture(_folder["cluster.db"]);

    private SqliteMembershipTable Table => _fixture.Table;

    public async ValueTask InitializeAsync() => await Table.InitializeMembershipTableAsync(tryInitTableVersion: true);

    public ValueTask DisposeAsync()
    {
        _fixture.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_new_table_is_empty_at_version_zero()
    {
        var data = await Table.ReadAllAsync();
        Assert.Empty(data.Members);
        Assert.Equal(0, data.Version.Version);
        Assert.NotEmpty(data.Version.VersionEtag);
    }

    [Fact]
    public async Task Initializing_again_changes_nothing()
    {
        await InsertAsync(MembershipEntries.Create(1));
        var before = await Table.ReadAllAsync();
        await Table.InitializeMembershipTableAsync(tryInitTableVersion: true);
        var after = await Table.ReadAllAsync();
        Assert.Equal(before.Version, after.Version);
        Assert.Single(after.Members);
    }

    [Fact]
    public async Task A_table_that_nobody_initialized_reads_as_empty_and_takes_no_row()
    {
        using var other = new MembershipTableFixture(_folder["cluster.db"], "another");
        await other.Table.InitializeMembershipTableAsync(tryInitTableVersion: false);
        var data = await other.Table.ReadAllAsync();
        Assert.Empty(data.Members);
        Assert.False(await other.Table.InsertRowAsync(MembershipEntries.Create(1), data.Version.Next()));
    }

    [Fact]
    public async Task An_inserted_row_is_the_next_version_with_new_etags()
    {
        var before = await Table.ReadAllAsync();
        Assert.True(await Table.InsertRowAsync(MembershipEntries.Create(1), before.Version.Next()));
        var after = await Table.ReadAllAsync();
        Assert.Equal(1, after.Version.Version);
        Assert.NotEqual(before.Version.VersionEtag, after.Version.VersionEtag);
        Assert.NotEmpty(Assert.Single(after.Members).Item2);
    }

    [Fact]
    public async Task All_fields_come_back()
    {
        var bare = new MembershipEntry
        {
            SiloAddress = SiloAddress.New(System.Net.IPAddress.IPv6Loopback, 20001, 7),
            Status = SiloStatus.Joining,
            SiloName = "bare",
            HostName = "host",
        };
        var full = MembershipEntries.Create(2, SiloStatus.ShuttingDown);
        foreach (var entry in (MembershipEntry[])[bare, full])
        {
            await InsertAsync(entry);
            var (read, _) = Assert.Single((await Table.ReadRowAsync(entry.SiloAddress)).Members);
            Assert.Equivalent(entry, read, strict: true);
            Assert.Equal(entry.StartTime.Kind, read.StartTime.Kind);
            Assert.Equal(entry.ToFullString(), read.ToFullString());
        }
    }

    [Fact]
    public async Task An_insert_needs_the_current_table_etag()
    {
        var version = (await Table.ReadAllAsync()).Version;
        Assert.True(await Table.InsertRowAsync(MembershipEntries.Create(1), version.Next()));
        Assert.False(await Table.InsertRowAsync(MembershipEntries.Create(2), version.Next()));
        Assert.False(await Table.InsertRowAsync(MembershipEntries.Create(2), new TableVersion(2, "no number")));
        await AssertUntouchedAsync(1, 1);
    }

    [Fact]
    public async Task An_insert_needs_an_absent_row()
    {
        await InsertAsync(MembershipEntries.Create(1));
        var version = (await Table.ReadAllAsync()).Version;
        Assert.False(await Table.InsertRowAsync(MembershipEntries.Create(1, SiloStatus.Dead), version.Next()));
        await AssertUntouchedAsync(1, 1);
        Assert.Equal(version, (await Table.ReadAllAsync()).Version);
    }

    [Fact]
    public async Task An_update_replaces_the_row_and_its_etag()
    {
        await InsertAsync(MembershipEntries.Create(1));
        var before = await Table.ReadAllAsync();
        var (entry, etag) = before.Members[0];
        entry.Status = SiloStatus.Dead;
        entry.SuspectTimes = null;
        entry.FaultZone = 99;
        Assert.True(await Table.UpdateRowAsync(entry, etag, before.Version.Next()));

        var after = await Table.ReadAllAsync();
        Assert.Equal(2, after.Version.Version);
        Assert.NotEqual(before.Version.VersionEtag, after.Version.VersionEtag);
        Assert.NotEqual(etag, after.Members[0].Item2);
        Assert.Equivalent(entry, after.Members[0].Item1, strict: true);
    }

    [Fact]
    public async Task An_update_needs_the_rows_etag_and_the_tables()
    {
        await InsertAsync(MembershipEntries.Create(1));
        var old = await Table.ReadAllAsync();
        var (entry, etag) = old.Members[0];
        Assert.True(await Table.UpdateRowAsync(entry, etag, old.Version.Next()));
        var current = await Table.ReadAllAsync();
        var currentEtag = current.Members[0].Item2;

        Assert.False(await Table.UpdateRowAsync(entry, etag, current.Version.Next()), "old row etag");
        Assert.False(await Table.UpdateRowAsync(entry, currentEtag, old.Version.Next()), "old table etag");
        Assert.False(await Table.UpdateRowAsync(entry, "no number", current.Version.Next()), "foreign row etag");
        Assert.False(await Table.UpdateRowAsync(MembershipEntries.Create(5), currentEtag, current.Version.Next()), "absent row");
        Assert.Equal(current.Version, (await Table.ReadAllAsync()).Version);
        Assert.True(await Table.UpdateRowAsync(entry, currentEtag, current.Version.Next()));
    }

    [Fact]
    public async Task A_row_is_read_with_the_tables_version_and_an_absent_one_without_members()
    {
        await InsertAsync(MembershipEntries.Create(1));
        await InsertAsync(MembershipEntries.Create(2));
        var row = await Table.ReadRowAsync(MembershipEntries.Silo(1));
        Assert.Equal(MembershipEntries.Silo(1), Assert.Single(row.Members).Item1.SiloAddress);
        Assert.Equal(2, row.Version.Version);
        var absent = await Table.ReadRowAsync(MembershipEntries.Silo(3));
        Assert.Empty(absent.Members);
        Assert.Equal(2, absent.Version.Version);
    }

    [Fact]
    public async Task A_heartbeat_changes_its_column_alone_and_conflicts_with_nobody()
    {
        var entry = MembershipEntries.Create(1);
        await InsertAsync(entry);
        var before = await Table.ReadAllAsync();
        var heartbeat = new MembershipEntry { SiloAddress = entry.SiloAddress, IAmAliveTime = entry.IAmAliveTime.AddMinutes(1) };
        await Table.UpdateIAmAliveAsync(heartbeat);

        var after = await Table.ReadAllAsync();
        Assert.Equal(before.Version, after.Version);
        Assert.Equal(before.Members[0].Item2, after.Members[0].Item2);
        entry.IAmAliveTime = heartbeat.IAmAliveTime;
        Assert.Equivalent(entry, after.Members[0].Item1, strict: true);
        Assert.True(await Table.UpdateRowAsync(entry, before.Members[0].Item2, before.Version.Next()));
    }

    [Fact]
    public async Task A_heartbeat_of_an_absent_silo_adds_nothing()
    {
        await Table.UpdateIAmAliveAsync(MembershipEntries.Create(1));
        await AssertUntouchedAsync(0, 0);
    }

    [Fact]
    public async Task Clean_up_removes_dead_silos_not_seen_since()
    {
        var now = new DateTime(2026, 3, 20, 0, 0, 0, DateTimeKind.Utc);
        var (old, voted, recent, active) = (
            MembershipEntries.Create(1, SiloStatus.Dead), MembershipEntries.Create(2, SiloStatus.Dead),
            MembershipEntries.Create(3, SiloStatus.Dead), MembershipEntries.Create(4));
        foreach (var entry in (MembershipEntry[])[old, voted, recent, active])
        {
            entry.StartTime = entry.IAmAliveTime = now.AddDays(-10);
            entry.SuspectTimes = null;
        }

        voted.SuspectTimes = [Tuple.Create(MembershipEntries.Silo(4), now)];
        recent.IAmAliveTime = now;
        foreach (var entry in (MembershipEntry[])[old, voted, recent, active])
            await InsertAsync(entry);
        var version = (await Table.ReadAllAsync()).Version;

        await Table.CleanupDefunctSiloEntriesAsync(new DateTimeOffset(now.AddDays(-3)));
        var after = await Table.ReadAllAsync();
        Assert.Equal([voted.SiloAddress, recent.SiloAddress, active.SiloAddress], after.Members.Select(m => m.Item1.SiloAddress).Order());
        Assert.Equal(version, after.Version);
    }

    [Fact]
    public async Task Deleting_a_cluster_leaves_others_and_refuses_what_was_read_before()
    {
        using var other = new MembershipTableFixture(_folder["cluster.db"], "another");
        await other.Table.InitializeMembershipTableAsync(tryInitTableVersion: true);
        Assert.True(await other.Table.InsertRowAsync(MembershipEntries.Create(1), (await other.Table.ReadAllAsync()).Version.Next()));
        var fresh = (await Table.ReadAllAsync()).Version;
        await InsertAsync(MembershipEntries.Create(1));

        await Table.DeleteMembershipTableEntriesAsync("test");
        await AssertUntouchedAsync(0, 0);
        Assert.Single((await other.Table.ReadAllAsync()).Members);
        Assert.False(await Table.InsertRowAsync(MembershipEntries.Create(1), fresh.Next()));
        await InsertAsync(MembershipEntries.Create(1));
    }

    private async Task InsertAsync(MembershipEntry entry) =>
        Assert.True(await Table.InsertRowAsync(entry, (await Table.ReadAllAsync()).Version.Next()));

    private async Task AssertUntouchedAsync(int rows, int version)
    {
        var data = await Table.ReadAllAsync();
        Assert.Equal(rows, data.Members.Count);
        Assert.Equal(version, data.Version.Version);
    }
}
