using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace DistTrain.Worker.Cluster;

/// <summary>
/// Orleans' membership in the cluster's SQLite file, shared by the silo processes of one machine. A change of any row is also the
/// next version of the whole table, in one transaction, and succeeds only for a writer that has seen the current one. Heartbeats
/// alone change neither a version nor an ETag.
/// </summary>
internal sealed class SqliteMembershipTable(
    ClusterDatabase database,
    IOptions<ClusterOptions> cluster,
    ILogger<SqliteMembershipTable> log) : IMembershipTable
{
    private const string Select = $"SELECT {MembershipRow.Columns}, etag FROM membership WHERE cluster = $cluster";

    private readonly string _cluster = cluster.Value.ClusterId;

    public Task InitializeMembershipTableAsync(bool tryInitTableVersion, CancellationToken cancellationToken = default) =>
        Write(
            connection =>
            {
                if (tryInitTableVersion)
                {
                    connection.Execute(
                        "INSERT INTO membership_version VALUES ($cluster, 0, $next) ON CONFLICT DO NOTHING;",
                        ("$cluster", _cluster),
                        ("$next", connection.NextEtag()));
                }

                return true;
            },
            cancellationToken);

    public Task DeleteMembershipTableEntriesAsync(string clusterId, CancellationToken cancellationToken = default) =>
        Write(
            connection =>
            {
                connection.Execute("DELETE FROM membership WHERE cluster = $cluster;", ("$cluster", clusterId));
                connection.Execute(
                    "UPDATE membership_version SET version = 0, etag = $next WHERE cluster = $cluster;",
                    ("$cluster", clusterId),
                    ("$next", connection.NextEtag()));
                return true;
            },
            cancellationToken);

    public async Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken = default)
    {
        var removed = 0;
        await Write(
            connection =>
            {
                var dead = connection.Query($"{Select} AND status = 'Dead';", MembershipRow.Read, ("$cluster", _cluster));
                foreach (var (entry, _) in dead.Where(row => LastSign(row.Item1) < beforeDate.UtcDateTime))
                {
                    removed += connection.Execute(
                        "DELETE FROM membership WHERE cluster = $cluster AND silo = $silo;",
                        ("$cluster", _cluster),
                        ("$silo", MembershipRow.Silo(entry.SiloAddress)));
                }

                return true;
            },
            cancellationToken);
        if (removed > 0)
            log.DefunctSilosRemoved(removed, beforeDate);
    }

    public Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken = default) =>
        database.ReadAsync(
            transaction =>
            {
                var connection = transaction.Connection!;
                var rows = connection.Query(
                    $"{Select} AND silo = $silo;", MembershipRow.Read, ("$cluster", _cluster), ("$silo", MembershipRow.Silo(key)));
                return new MembershipTableData(rows, Version(connection));
            },
            cancellationToken);

    public Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken = default) =>
        database.ReadAsync(
            transaction =>
            {
                var connection = transaction.Connection!;
                var rows = connection.Query($"{Select};", MembershipRow.Read, ("$cluster", _cluster));
                return new MembershipTableData(rows, Version(connection));
            },
            cancellationToken);

    public async Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken = default)
    {
        var done = await Write(
            connection => Advance(connection, tableVersion) is { } next && connection.Execute(
                $"INSERT INTO membership (cluster, {MembershipRow.Columns}, etag) VALUES ($cluster, {MembershipRow.Values}, $next) ON CONFLICT DO NOTHING;",
                MembershipRow.Parameters(entry, ("$cluster", _cluster), ("$next", next))) == 1,
            cancellationToken);
        if (!done)
            log.InsertLost(entry.SiloAddress, tableVersion.Version);
        return done;
    }

    public async Task<bool> UpdateRowAsync(MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken = default)
    {
        var done = await Write(
            connection => Advance(connection, tableVersion) is { } next && connection.Execute(
                $"UPDATE membership SET ({MembershipRow.Columns}, etag) = ({MembershipRow.Values}, $next) WHERE cluster = $cluster AND silo = $silo AND etag = $etag;",
                MembershipRow.Parameters(entry, ("$cluster", _cluster), ("$next", next), ("$etag", Etag(etag)))) == 1,
            cancellationToken);
        if (!done)
            log.UpdateLost(entry.SiloAddress, tableVersion.Version);
        return done;
    }

    public Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken = default) =>
        Write(
            connection =>
            {
                connection.Execute(
                    "UPDATE membership SET alive_time = $alive_time WHERE cluster = $cluster AND silo = $silo;",
                    ("$cluster", _cluster),
                    ("$silo", MembershipRow.Silo(entry.SiloAddress)),
                    ("$alive_time", MembershipRow.Time(entry.IAmAliveTime)));
                return true;
            },
            cancellationToken);

    // The interface's older half, which some of Orleans' own tools still call.
    Task IMembershipTable.InitializeMembershipTable(bool tryInitTableVersion) => InitializeMembershipTableAsync(tryInitTableVersion);

    Task IMembershipTable.DeleteMembershipTableEntries(string clusterId) => DeleteMembershipTableEntriesAsync(clusterId);

    Task IMembershipTable.CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => CleanupDefunctSiloEntriesAsync(beforeDate);

    Task<MembershipTableData> IMembershipTable.ReadRow(SiloAddress key) => ReadRowAsync(key);

    Task<MembershipTableData> IMembershipTable.ReadAll() => ReadAllAsync();

    Task<bool> IMembershipTable.InsertRow(MembershipEntry entry, TableVersion tableVersion) => InsertRowAsync(entry, tableVersion);

    Task<bool> IMembershipTable.UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => UpdateRowAsync(entry, etag, tableVersion);

    Task IMembershipTable.UpdateIAmAlive(MembershipEntry entry) => UpdateIAmAliveAsync(entry);

    /// <summary>The table's next version, if the writer has seen the current one: the new ETag, or null.</summary>
    private long? Advance(SqliteConnection connection, TableVersion to)
    {
        var next = connection.NextEtag();
        var rows = connection.Execute(
            "UPDATE membership_version SET version = $version, etag = $next WHERE cluster = $cluster AND etag = $etag;",
            ("$cluster", _cluster),
            ("$version", to.Version),
            ("$next", next),
            ("$etag", Etag(to.VersionEtag)));
        return rows == 1 ? next : null;
    }

    /// <summary>A table that nobody has initialized reads as empty, with an ETag that no write can match.</summary>
    private TableVersion Version(SqliteConnection connection) =>
        connection.Query(
            "SELECT version, etag FROM membership_version WHERE cluster = $cluster;",
            row => new TableVersion(row.GetInt32(0), row.GetString(1)),
            ("$cluster", _cluster)) is [var version] ? version : new TableVersion(0, "0");

    private Task<bool> Write(Func<SqliteConnection, bool> write, CancellationToken cancellation) =>
        database.WriteAsync(
            Durability.Process,
            transaction =>
            {
                var done = write(transaction.Connection!);
                if (done)
                    transaction.Commit();
                return done;
            },
            cancellation);

    /// <summary>The row's last known change: a silo's start, its heartbeat, or a vote against it.</summary>
    private static DateTime LastSign(MembershipEntry entry) =>
        (entry.SuspectTimes ?? []).Select(vote => vote.Item2).Append(entry.StartTime).Append(entry.IAmAliveTime).Max();

    /// <summary>An ETag of ours, which is positive, as a number; -1 for any other text.</summary>
    private static long Etag(string? etag) =>
        long.TryParse(etag, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
}
