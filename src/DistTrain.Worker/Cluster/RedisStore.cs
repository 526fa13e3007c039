using System.Globalization;
using StackExchange.Redis;

namespace DistTrain.Worker.Cluster;

/// <summary>A Redis server, for silos of many machines. It has to keep what it is told over its own restarts: an append-only file on a volume.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Port">Its port.</param>
/// <param name="Database">Number of the database: clusters that share a server differ in it.</param>
/// <param name="Tls">Encrypted, with a certificate that this machine trusts.</param>
/// <param name="User">Redis' user; null for its default one.</param>
public sealed record RedisStore(string Host, int Port, int Database, bool Tls, string? User) : ClusterStore
{
    /// <summary>What <see cref="TryParse"/> reads, for messages.</summary>
    public const string Form = "redis://[user@]host[:port][/database], rediss:// for TLS";

    private const int DefaultPort = 6379;

    /// <summary>Where the password stands, alone in a file: what is on a command line can be read by everybody on the machine.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>True for text that is meant as <see cref="Form"/> and not as a folder.</summary>
    public static bool IsMeant(string text) =>
        text.StartsWith("redis://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("rediss://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads <see cref="Form"/>; a password in it is refused.</summary>
    public static RedisStore? TryParse(string text)
    {
        if (!IsMeant(text) || !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0
            || uri.UserInfo.Contains(':', StringComparison.Ordinal))
            return null;
        var database = 0;
        if (uri.AbsolutePath is { Length: > 1 } path && !int.TryParse(path.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out database))
            return null;
        return new RedisStore(
            uri.IdnHost,
            uri.IsDefaultPort ? DefaultPort : uri.Port,
            database,
            string.Equals(uri.Scheme, "rediss", StringComparison.OrdinalIgnoreCase),
            uri.UserInfo.Length > 0 ? Uri.UnescapeDataString(uri.UserInfo) : null);
    }

    /// <summary>host:port/database.</summary>
    public override string ToString() => $"{Host}:{Port}/{Database}";

    internal override async Task<IClusterConnection> OpenAsync()
    {
        var options = new ConfigurationOptions
        {
            EndPoints = { { Host, Port } },
            DefaultDatabase = Database,
            Ssl = Tls,
            User = User,
            Password = ReadPassword(),
            ClientName = ClusterSetup.Name,
        };
        try
        {
            return new Connection(await ConnectionMultiplexer.ConnectAsync(options), options);
        }
        catch (RedisConnectionException e)
        {
            throw new ClusterStoreException($"Redis at {this} can't be reached: {Cause(e)}", e);
        }
    }

    private static string Cause(Exception e) => (e.InnerException ?? e).Message;

    private string? ReadPassword()
    {
        try
        {
            return PasswordFile is null ? null : File.ReadAllText(PasswordFile).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ClusterStoreException($"the password file of Redis can't be read: {e.Message}", e);
        }
    }

    private sealed class Connection(ConnectionMultiplexer multiplexer, ConfigurationOptions options) : IClusterConnection
    {
        public void Use(ISiloBuilder silo) => silo.UseRedisCluster(multiplexer, options);

        public ValueTask DisposeAsync() => multiplexer.DisposeAsync();
    }
}
