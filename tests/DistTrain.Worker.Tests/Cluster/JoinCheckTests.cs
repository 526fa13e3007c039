using DistTrain.Observability;
using DistTrain.Protocol.Transport;
using DistTrain.Worker.Cluster;

namespace DistTrain.Worker.Tests.Cluster;

/// <summary>A silo joins none of another wire version.</summary>
[Trait("Kind", "Fast")]
public sealed class JoinCheckTests
{
    private const int Other = WireVersion.Current + 1;

    private static readonly DateTime _now = new(2026, 3, 4, 5, 6, 7, DateTimeKind.Utc);

    [Fact]
    public void A_silos_name_says_its_version_and_no_two_are_the_same()
    {
        Assert.Equal(WireVersion.Current, SiloNames.VersionOf(SiloNames.New()));
        Assert.Equal(Other, SiloNames.VersionOf(SiloNames.Of(Other)));
        Assert.NotEqual(SiloNames.New(), SiloNames.New());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Silo_1a2b3")]
    [InlineData("wire-two-1a2b3")]
    [InlineData("wire-2")]
    public void Another_name_says_none(string? name) => Assert.Null(SiloNames.VersionOf(name));

    [Fact]
    public void Silos_of_the_same_version_may_join() =>
        Assert.Null(JoinCheck.Problem([Silo(1, SiloNames.New(), SiloStatus.Active), Silo(2, SiloNames.New(), SiloStatus.Joining)], _now));

    [Theory]
    [InlineData(SiloStatus.Joining)]
    [InlineData(SiloStatus.Active)]
    [InlineData(SiloStatus.ShuttingDown)]
    public void Living_ones_of_another_are_named_with_both_versions(SiloStatus status)
    {
        MembershipEntry[] members = [Silo(1, SiloNames.New(), SiloStatus.Active), Silo(2, SiloNames.Of(Other), status), Silo(3, "Silo_1a2b3", status)];
        Assert.Equal(
            $"this silo (process {Environment.ProcessId} on {Environment.MachineName}) speaks wire version {WireVersion.Current}, and the cluster has silos of another: "
                + $"{members[1].SiloAddress} on host-2 speaks {Other}, {members[2].SiloAddress} on host-3 speaks an unknown one; {WireVersion.Remedy}",
            JoinCheck.Problem(members, _now));
    }

    [Fact]
    public void Those_that_ended_or_fell_silent_are_no_obstacle()
    {
        var silent = Silo(2, SiloNames.Of(Other), SiloStatus.Active);
        silent.IAmAliveTime = _now - ClusterSetup.SilentSinceDeath;
        Assert.Null(JoinCheck.Problem([Silo(1, SiloNames.Of(Other), SiloStatus.Dead), silent], _now));
    }

    [Fact]
    public async Task A_cluster_whose_silos_were_all_killed_goes_on_with_another_version()
    {
        using var folder = new TempFolder();
        using var fixture = new MembershipTableFixture(folder["cluster.db"]);
        var cancellation = TestContext.Current.CancellationToken;
        await JoinCheck.PassAsync(fixture.Table, new Waits(_ => { }, TimeProvider.System), TimeProvider.System, cancellation);
        var killed = Silo(1, SiloNames.Of(Other), SiloStatus.Active);
        Assert.True(await fixture.Table.InsertRowAsync(killed, (await fixture.Table.ReadAllAsync(cancellation)).Version.Next(), cancellation));
        await JoinCheck.PassAsync(fixture.Table, new Waits(_ => { }, TimeProvider.System), TimeProvider.System, cancellation);
    }

    private static MembershipEntry Silo(int number, string name, SiloStatus status)
    {
        var entry = MembershipEntries.Create(number, status);
        (entry.SiloName, entry.IAmAliveTime) = (name, _now);
        return entry;
    }
}
