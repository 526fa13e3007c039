using DistTrain.Cli.Invocation;
using DistTrain.Protocol.Transport;
using DistTrain.Tests.Clusters;
using Microsoft.Data.Sqlite;

namespace DistTrain.Cli.Tests.Commands;

/// <summary>Silos of different wire versions, as real processes.</summary>
[Trait("Kind", "Process")]
public sealed class OtherVersionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_silo_refuses_to_join_one_of_another_version_and_joins_once_that_has_ended()
    {
        string[] worker = ["worker", "--port", "0", "--cluster", "c", "--servers", "127.0.0.1:1"];
        await using (var first = DistTrainProcess.StartIn(_folder.Path, worker))
        {
            await first.ListeningAsync();
            // It lives on as one of another version, as far as others can see.
            await RenameAsync("wire-0-other");

            var second = await DistTrainProcess.RunInAsync(_folder.Path, worker);

            Assert.Equal(ExitCode.BadInput, second.ExitCode);
            Assert.Empty(second.Lines);
            var line = Assert.Single(second.Error.Split('\n'), l => l.StartsWith("error: ", StringComparison.Ordinal));
            Assert.Contains($"speaks wire version {WireVersion.Current}, and the cluster has silos of another: S127.0.0.1:", line, StringComparison.Ordinal);
            Assert.EndsWith($" speaks 0; {WireVersion.Remedy}", line, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", second.Error, StringComparison.Ordinal);
        }

        await using var third = DistTrainProcess.StartIn(_folder.Path, worker);
        await third.ListeningAsync();
    }

    private async Task RenameAsync(string name)
    {
        await using var connection = new SqliteConnection($"Data Source={_folder["c/cluster.db"]};Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "UPDATE membership SET name = $name";
        command.Parameters.AddWithValue("$name", name);
        Assert.Equal(1, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }
}
