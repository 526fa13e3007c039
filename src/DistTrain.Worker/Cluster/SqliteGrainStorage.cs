using System.Globalization;
using Microsoft.Data.Sqlite;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace DistTrain.Worker.Cluster;

/// <summary>
/// Grain state as JSON in the cluster's SQLite file. A write or a clear by a holder of an old ETag changes nothing and throws, so a
/// second activation of a grain during a partition cannot advance its state. Written state outlives a power cut.
/// </summary>
internal sealed class SqliteGrainStorage(ClusterDatabase database, IActivatorProvider activators) : IGrainStorage
{
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var rows = await database.ReadAsync(
            transaction => transaction.Connection!.Query(
                "SELECT json, etag FROM grain_state WHERE grain = $grain AND state = $state;",
                row => (Json: row.GetString(0), Etag: row.GetString(1)),
                ("$grain", grainId.ToString()),
                ("$state", stateName)),
            CancellationToken.None);
        if (rows is [var stored])
        {
            grainState.State = RecordFormat.Read<T>(stored.Json, $"{database.Path}: {grainId}");
            grainState.ETag = stored.Etag;
            grainState.RecordExists = true;
        }
        else
        {
            Reset(grainState);
        }
    }

    /// <exception cref="InconsistentStateException">The stored state is not the one that was read; nothing is written.</exception>
    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var json = RecordFormat.Write(grainState.State);
        var held = grainState.ETag;
        grainState.ETag = await database.WriteAsync(
            Durability.Machine,
            transaction =>
            {
                var connection = transaction.Connection!;
                ThrowUnlessCurrent(connection, stateName, grainId, held, "written");
                var next = connection.NextEtag();
                connection.Execute(
                    "INSERT INTO grain_state (grain, state, json, etag) VALUES ($grain, $state, $json, $next) ON CONFLICT DO UPDATE SET json = $json, etag = $next;",
                    ("$grain", grainId.ToString()),
                    ("$state", stateName),
                    ("$json", json),
                    ("$next", next));
                transaction.Commit();
                return next.ToString(CultureInfo.InvariantCulture);
            },
            CancellationToken.None);
        grainState.RecordExists = true;
    }

    /// <exception cref="InconsistentStateException">The stored state is not the one that was read; it stays.</exception>
    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var held = grainState.ETag;
        await database.WriteAsync(
            Durability.Machine,
            transaction =>
            {
                var connection = transaction.Connection!;
                ThrowUnlessCurrent(connection, stateName, grainId, held, "cleared");
                var rows = connection.Execute(
                    "DELETE FROM grain_state WHERE grain = $grain AND state = $state;",
                    ("$grain", grainId.ToString()),
                    ("$state", stateName));
                transaction.Commit();
                return rows;
            },
            CancellationToken.None);
        Reset(grainState);
    }

    private static void ThrowUnlessCurrent(SqliteConnection connection, string stateName, GrainId grainId, string? held, string action)
    {
        var stored = (string?)connection.Scalar(
            "SELECT CAST(etag AS TEXT) FROM grain_state WHERE grain = $grain AND state = $state;",
            ("$grain", grainId.ToString()),
            ("$state", stateName));
        if (!string.Equals(stored, held, StringComparison.Ordinal))
        {
            throw new InconsistentStateException(
                $"State {stateName} of grain {grainId} is not {action}: another activation has changed it since it was read here.", stored, held);
        }
    }

    private void Reset<T>(IGrainState<T> grainState)
    {
        grainState.State = activators.GetActivator<T>().Create();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }
}
