using DistTrain.Worker.Cluster;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace DistTrain.Worker.Tests.Cluster;

/// <summary>A membership table as one process has it: several on one file behave as several processes do.</summary>
internal sealed class MembershipTableFixture(string path, string cluster = "test") : IDisposable
{
    private readonly ClusterDatabase _database = new(path, NullLogger<ClusterDatabase>.Instance);

    public SqliteMembershipTable Table => field ??= new SqliteMembershipTable(
        _database, Options.Create(new ClusterOptions { ClusterId = cluster }), NullLogger<SqliteMembershipTable>.Instance);

    public void Dispose() => _database.Dispose();
}
