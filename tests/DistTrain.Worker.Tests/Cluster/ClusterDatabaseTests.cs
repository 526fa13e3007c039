using DistTrain.Worker.Cluster;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace DistTrain.Worker.Tests.Cluster;

[Trait("Kind", "Fast")]
public sealed class ClusterDatabaseTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_folder_is_made()
    {
        var path = _folder["a/b/cluster.db"];
        using var database = new ClusterDatabase(path, NullLogger<ClusterDatabase>.Instance);
        await ReadAsync(database);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task A_folder_that_is_a_file_is_named()
    {
        await File.WriteAllTextAsync(_folder["taken"], "");
        using var database = new ClusterDatabase(_folder["taken/cluster.db"], NullLogger<ClusterDatabase>.Instance);
        await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync(database));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_named()
    {
        var path = _folder["cluster.db"];
        await File.WriteAllTextAsync(path, new string('x', 4096));
        using var database = new ClusterDatabase(path, NullLogger<ClusterDatabase>.Instance);
        var error = await Assert.ThrowsAsync<IOException>(() => ReadAsync(database));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_a_newer_program_is_refused()
    {
        var path = _folder["cluster.db"];
        using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            connection.Open();
            connection.Execute("PRAGMA user_version = 99;");
        }

        using var database = new ClusterDatabase(path, NullLogger<ClusterDatabase>.Instance);
        var error = await Assert.ThrowsAsync<IOException>(() => ReadAsync(database));
        Assert.Contains("99", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_committed_is_undone()
    {
        using var database = new ClusterDatabase(_folder["cluster.db"], NullLogger<ClusterDatabase>.Instance);
        var first = await database.WriteAsync(Durability.Process, t => t.Connection!.NextEtag(), CancellationToken.None);
        await Assert.ThrowsAsync<InvalidOperationException>(() => database.WriteAsync<long>(
            Durability.Process,
            t =>
            {
                t.Connection!.NextEtag();
                throw new InvalidOperationException();
            },
            CancellationToken.None));
        Assert.Equal(first, await database.WriteAsync(Durability.Machine, t => t.Connection!.NextEtag(), CancellationToken.None));
    }

    private static Task<int> ReadAsync(ClusterDatabase database) =>
        database.ReadAsync(t => t.Connection!.Query("SELECT last FROM etag;", row => row.GetInt32(0)).Count, CancellationToken.None);
}
