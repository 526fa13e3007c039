using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Cluster;

/// <summary>
/// The cluster's SQLite file: membership and grain state of all silos of one machine, with no process that must outlive the others.
/// Each operation is one transaction on a connection of its own, run on the thread pool, so that a grain's turn never waits for a
/// disk. Thread-safe, and safe between processes. The file must lie on a local disk: its log is shared memory.
/// </summary>
internal sealed class ClusterDatabase : IDisposable
{
    /// <summary>How long a transaction waits for the other processes' ones before it fails, in seconds. They take milliseconds.</summary>
    private const int BusySeconds = 10;

    private readonly string _connectionString;
    private readonly ILogger<ClusterDatabase> _log;
    private readonly Lock _creation = new();
    private volatile bool _created;

    /// <param name="path">Made on first use, with its folder.</param>
    /// <param name="log">Where the opening is told.</param>
    public ClusterDatabase(string path, ILogger<ClusterDatabase> log)
    {
        Path = System.IO.Path.GetFullPath(path);
        _log = log;
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = Path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            DefaultTimeout = BusySeconds,
        }.ConnectionString;
    }

    /// <summary>Full path of the file.</summary>
    public string Path { get; }

    /// <summary>Runs <paramref name="read"/> on one snapshot of the file; it waits for no writer.</summary>
    /// <exception cref="IOException">The file cannot be opened or created.</exception>
    /// <exception cref="SqliteException">The file cannot be read.</exception>
    public Task<T> ReadAsync<T>(Func<SqliteTransaction, T> read, CancellationToken cancellation) =>
        Task.Run(
            () =>
            {
                using var connection = Open(Durability.Process);
                using var transaction = connection.BeginTransaction(deferred: true);
                return read(transaction);
            },
            cancellation);

    /// <summary>
    /// Runs <paramref name="write"/> alone among all writers of all processes. It commits by itself: what it leaves uncommitted is
    /// undone.
    /// </summary>
    /// <exception cref="IOException">The file cannot be opened or created.</exception>
    /// <exception cref="SqliteException">The file cannot be written, or other writers held it for 10 seconds.</exception>
    public Task<T> WriteAsync<T>(Durability durability, Func<SqliteTransaction, T> write, CancellationToken cancellation) =>
        Task.Run(
            () =>
            {
                using var connection = Open(durability);
                // BEGIN IMMEDIATE: a deferred transaction that reads first and then writes fails instead of waiting.
                using var transaction = connection.BeginTransaction(deferred: false);
                return write(transaction);
            },
            cancellation);

    /// <summary>Closes the connections that lie in the pool, so that the file can be moved or deleted.</summary>
    public void Dispose()
    {
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
    }

    private SqliteConnection Open(Durability durability)
    {
        if (!_created)
            Create();
        return Connect(durability);
    }

    private SqliteConnection Connect(Durability durability)
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            connection.Open();
            // Pooled connections remember their settings, fresh ones do not. SQLite's own wait polls every few milliseconds, the
            // driver's every 150.
            var synchronous = durability == Durability.Machine ? "FULL" : "NORMAL";
            connection.Execute($"PRAGMA busy_timeout = {BusySeconds * 1000}; PRAGMA synchronous = {synchronous};");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Create()
    {
        lock (_creation)
        {
            if (_created)
                return;
            try
            {
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
                using var connection = Connect(Durability.Machine);
                ClusterSchema.Apply(connection);
            }
            catch (Exception e) when (e is SqliteException or UnauthorizedAccessException)
            {
                var reason = SystemsReason() ?? e;
                throw new IOException($"The cluster's file {Path} cannot be opened: {reason.Message.TrimEnd('.')}. It must lie in a writable folder of a local disk.", e)
                {
                    HResult = reason.HResult,
                };
            }

            _created = true;
            _log.Opened(Path);
        }
    }

    /// <summary>SQLite says that it can't open a file; the system says why. Null: to the system, the file can be opened.</summary>
    private Exception? SystemsReason()
    {
        try
        {
            new FileStream(Path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete).Dispose();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e;
        }
    }
}
