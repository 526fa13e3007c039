using System.Net;

namespace DistTrain.Worker.Tests.Cluster;

/// <summary>Entries with every field set, each of another silo.</summary>
internal static class MembershipEntries
{
    private static readonly DateTime Start = new DateTime(2026, 3, 4, 5, 6, 7, DateTimeKind.Utc).AddTicks(1234567);

    public static MembershipEntry Create(int number, SiloStatus status = SiloStatus.Active) => new()
    {
        SiloAddress = Silo(number),
        Status = status,
        SiloName = $"silo-{number}",
        HostName = $"host-{number}",
        ProxyPort = 30000 + number,
        RoleName = "role",
        UpdateZone = number + 1,
        FaultZone = number + 2,
        StartTime = Start,
        IAmAliveTime = Start.AddSeconds(number),
        SuspectTimes = [Tuple.Create(Silo(number + 1), Start.AddTicks(1)), Tuple.Create(Silo(number + 2), Start.AddTicks(2))],
    };

    public static SiloAddress Silo(int number) => SiloAddress.New(IPAddress.Loopback, 20000 + number, 100 + number);
}
