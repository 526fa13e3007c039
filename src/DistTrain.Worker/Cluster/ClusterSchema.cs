using Microsoft.Data.Sqlite;

namespace DistTrain.Worker.Cluster;

/// <summary>The tables of the cluster's file. Its <c>user_version</c> is the schema's version.</summary>
internal static class ClusterSchema
{
    private const long Version = 1;

    // One sequence gives every ETag in the file, so that an ETag is never seen again, not even after a row was deleted and made anew.
    private const string Tables = """
        CREATE TABLE etag (last INTEGER NOT NULL);
        INSERT INTO etag VALUES (0);

        CREATE TABLE membership_version (
            cluster TEXT NOT NULL PRIMARY KEY,
            version INTEGER NOT NULL,
            etag INTEGER NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE membership (
            cluster TEXT NOT NULL,
            silo TEXT NOT NULL,
            status TEXT NOT NULL,
            name TEXT,
            host TEXT,
            proxy_port INTEGER NOT NULL,
            role TEXT,
            update_zone INTEGER NOT NULL,
            fault_zone INTEGER NOT NULL,
            start_time TEXT NOT NULL,
            alive_time TEXT NOT NULL,
            suspects TEXT,
            etag INTEGER NOT NULL,
            PRIMARY KEY (cluster, silo)
        ) WITHOUT ROWID;

        CREATE TABLE grain_state (
            grain TEXT NOT NULL,
            state TEXT NOT NULL,
            json TEXT NOT NULL,
            etag INTEGER NOT NULL,
            PRIMARY KEY (grain, state)
        ) WITHOUT ROWID;
        """;

    /// <summary>Makes the tables where they are missing. Several processes may do it at once.</summary>
    /// <exception cref="IOException">The file comes from a newer program, or its file system has no write-ahead log.</exception>
    public static void Apply(SqliteConnection connection)
    {
        // Readers and the one writer do not wait for each other.
        var mode = connection.Scalar("PRAGMA journal_mode = WAL;");
        if (mode is not "wal")
            throw new IOException($"{connection.DataSource} has journal mode {mode}, not wal: its file system shares no memory between processes. Choose a folder on a local disk.");

        using var transaction = connection.BeginTransaction(deferred: false);
        var version = (long)connection.Scalar("PRAGMA user_version;")!;
        if (version > Version)
            throw new IOException($"{connection.DataSource} was written by a newer program (schema {version}, this one knows {Version}). Use that program, or another folder.");
        if (version == Version)
            return;
        connection.Execute($"{Tables} PRAGMA user_version = {Version};");
        transaction.Commit();
    }
}
