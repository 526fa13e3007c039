using System.Globalization;
using DistTrain.Observability;
using DistTrain.Protocol.Transport;

namespace DistTrain.Worker.Cluster;

/// <summary>
/// Before a silo joins: do those that are there speak its wire version? Asked of the membership, so that a cluster whose silos have all ended goes on
/// with another version.
/// </summary>
internal static class JoinCheck
{
    /// <summary>A silo that was killed looks alive until it has missed its heartbeats; one that still does after this is alive.</summary>
    private static readonly TimeSpan Patience = ClusterSetup.SilentSinceDeath + TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Returns once no silo of another wire version is there.</summary>
    /// <param name="membership">The cluster's.</param>
    /// <param name="waits">Told what this waits for.</param>
    /// <param name="time">Measures the patience.</param>
    /// <param name="cancellation">The silo is not wanted any more.</param>
    /// <exception cref="WireVersionException">Some are, and they live.</exception>
    public static async Task PassAsync(IMembershipTable membership, Waits waits, TimeProvider time, CancellationToken cancellation)
    {
        await membership.InitializeMembershipTableAsync(tryInitTableVersion: true, cancellation);
        var begun = time.GetTimestamp();
        using var wait = waits.Begin("silos of another wire version to end");
        while (Problem(await MembersAsync(), time.GetUtcNow().UtcDateTime) is { } problem)
        {
            if (time.GetElapsedTime(begun) > Patience)
                throw new WireVersionException(problem);
            wait.Because(problem);
            await Task.Delay(LookInterval, time, cancellation);
        }

        async Task<IEnumerable<MembershipEntry>> MembersAsync() => (await membership.ReadAllAsync(cancellation)).Members.Select(member => member.Item1);
    }

    /// <summary>Why a silo of this program can't join these, or null.</summary>
    /// <param name="members">The cluster's membership.</param>
    /// <param name="now">UTC.</param>
    internal static string? Problem(IEnumerable<MembershipEntry> members, DateTime now)
    {
        List<string> others =
        [
            .. members.Where(silo => silo.Status is not (SiloStatus.Dead or SiloStatus.None) && now - silo.IAmAliveTime < ClusterSetup.SilentSinceDeath)
                .Where(silo => SiloNames.VersionOf(silo.SiloName) != WireVersion.Current)
                .Select(silo => $"{silo.SiloAddress} on {silo.HostName} speaks {SpokenBy(silo)}"),
        ];
        return others.Count == 0
            ? null
            : $"this silo (process {Environment.ProcessId} on {Environment.MachineName}) speaks wire version {WireVersion.Current}, and the cluster has silos of another: "
                + $"{string.Join(", ", others)}; {WireVersion.Remedy}";
    }

    private static string SpokenBy(MembershipEntry silo) => SiloNames.VersionOf(silo.SiloName)?.ToString(CultureInfo.InvariantCulture) ?? "an unknown one";
}
