using DistTrain.Cli.Commands;
using DistTrain.Cli.Output;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Protocol.Transport;
using Microsoft.Data.Sqlite;

namespace DistTrain.Cli.Tests.Commands;

/// <summary>Silos of different wire versions, as real processes.</summary>
[Trait("Kind", "Process")]
public sealed class OtherVersionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_silo_refuses_to_join_one_of_another_version_and_joins_once_that_has_ended()
    {
        string[] worker = ["worker", "--port", "0", "--cluster", "c", "--servers", "127.0.0.1:1"];
        using var first = RealExecutable.Start(_folder.Path, worker);
        try
        {
            await ListeningAsync(first);
            // It lives on as one of another version, as far as others can see.
            await RenameAsync("wire-0-other");

            var (code, output, error) = await RealExecutable.RunAsync(_folder.Path, worker);

            Assert.Equal(ExitCode.BadInput, code);
            Assert.Empty(output);
            var line = Assert.Single(error.Split('\n'), l => l.StartsWith("error: ", StringComparison.Ordinal));
            Assert.Contains($"speaks wire version {WireVersion.Current}, and the cluster has silos of another: S127.0.0.1:", line, StringComparison.Ordinal);
            Assert.EndsWith($" speaks 0; {WireVersion.Remedy}", line, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        }
        finally
        {
            first.Kill();
        }

        await first.WaitForExitAsync().For("the end of the first silo");
        using var third = RealExecutable.Start(_folder.Path, worker);
        try
        {
            await ListeningAsync(third);
        }
        finally
        {
            third.Kill();
        }
    }

    private async Task RenameAsync(string name)
    {
        await using var connection = new SqliteConnection($"Data Source={_folder.File("c/cluster.db")};Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "UPDATE membership SET name = $name";
        command.Parameters.AddWithValue("$name", name);
        Assert.Equal(1, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }

    private static async Task ListeningAsync(System.Diagnostics.Process role)
    {
        var line = await role.StandardOutput.ReadLineAsync().For("the announcement");
        Assert.Equal("silo", Assert.IsType<ListeningEvent>(OutputJson.Read(line ?? "")).Role);
    }
}
