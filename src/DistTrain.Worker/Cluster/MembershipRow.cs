using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace DistTrain.Worker.Cluster;

/// <summary>A membership entry as columns, legible in any SQLite shell: addresses as ip:port@generation, times in ISO 8601.</summary>
internal static class MembershipRow
{
    public const string Columns =
        "silo, status, name, host, proxy_port, role, update_zone, fault_zone, start_time, alive_time, suspects";

    public const string Values =
        "$silo, $status, $name, $host, $proxy_port, $role, $update_zone, $fault_zone, $start_time, $alive_time, $suspects";

    /// <summary>The values named in <see cref="Values"/>, followed by <paramref name="more"/>.</summary>
    public static (string Name, object? Value)[] Parameters(MembershipEntry entry, params ReadOnlySpan<(string Name, object? Value)> more) =>
    [
        ("$silo", Silo(entry.SiloAddress)),
        ("$status", entry.Status.ToString()),
        ("$name", entry.SiloName),
        ("$host", entry.HostName),
        ("$proxy_port", entry.ProxyPort),
        ("$role", entry.RoleName),
        ("$update_zone", entry.UpdateZone),
        ("$fault_zone", entry.FaultZone),
        ("$start_time", Time(entry.StartTime)),
        ("$alive_time", Time(entry.IAmAliveTime)),
        ("$suspects", Suspects(entry.SuspectTimes)),
        .. more,
    ];

    /// <summary>The entry of a row selected as <see cref="Columns"/>, then its ETag.</summary>
    public static Tuple<MembershipEntry, string> Read(SqliteDataReader row) => Tuple.Create(
        new MembershipEntry
        {
            SiloAddress = SiloAddress.FromParsableString(row.GetString(0)),
            Status = Enum.Parse<SiloStatus>(row.GetString(1)),
            SiloName = Text(row, 2)!,
            HostName = Text(row, 3)!,
            ProxyPort = row.GetInt32(4),
            RoleName = Text(row, 5),
            UpdateZone = row.GetInt32(6),
            FaultZone = row.GetInt32(7),
            StartTime = Time(row.GetString(8)),
            IAmAliveTime = Time(row.GetString(9)),
            SuspectTimes = Suspects(Text(row, 10)),
        },
        row.GetString(11));

    public static string Silo(SiloAddress address) => address.ToParsableString();

    public static string Time(DateTime time) => time.ToString("O", CultureInfo.InvariantCulture);

    private static DateTime Time(string text) => DateTime.ParseExact(text, "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static string? Suspects(List<Tuple<SiloAddress, DateTime>>? votes) =>
        votes is null ? null : JsonSerializer.Serialize(votes.Select(vote => new Vote(Silo(vote.Item1), vote.Item2)));

    private static List<Tuple<SiloAddress, DateTime>>? Suspects(string? json) =>
        json is null
            ? null
            : [.. JsonSerializer.Deserialize<List<Vote>>(json)!.Select(vote => Tuple.Create(SiloAddress.FromParsableString(vote.Voter), vote.Time))];

    private sealed record Vote(string Voter, DateTime Time);
}
