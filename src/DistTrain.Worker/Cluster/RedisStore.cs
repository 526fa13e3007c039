using System.Globalization;
using DistTrain.Observability;
using Polly;
using Polly.Retry;
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

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Where the password stands, alone in a file: what is on a command line can be read by everybody on the machine.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>How long a silo waits at its start for a Redis that is not there yet: both may be started at once.</summary>
    public TimeSpan StartWait { get; init; } = TimeSpan.FromSeconds(100);

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

    internal override string Name => $"Redis at {this}";

    internal override async Task<IClusterConnection> OpenAsync(Waits waits, CancellationToken stop)
    {
        var options = new ConfigurationOptions
        {
            EndPoints = { { Host, Port } },
            DefaultDatabase = Database,
            Ssl = Tls,
            User = User,
            Password = ReadPassword(),
            ClientName = ClusterSetup.Name,
            // Less than what a wait lasts before it is said: then the reason can be said too.
            ConnectTimeout = 3000,
            ConnectRetry = 1,
        };
        using var wait = waits.Begin(Name);
        try
        {
            return new Connection(await Patiently(wait).ExecuteAsync(async _ => await ConnectionMultiplexer.ConnectAsync(options), stop), options);
        }
        catch (RedisConnectionException e)
        {
            throw new ClusterStoreException($"{Name} can't be reached: {Cause(e)}", e);
        }
    }

    /// <summary>Tries again what a later try may do away with, until <see cref="StartWait"/> is over.</summary>
    private ResiliencePipeline Patiently(Waits.Wait wait)
    {
        var clock = TimeProvider.System;
        var begun = clock.GetTimestamp();
        return new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = tried => ValueTask.FromResult(
                    tried.Outcome.Exception is RedisConnectionException e && !IsRefusal(e) && clock.GetElapsedTime(begun) + Pause < StartWait),
                MaxRetryAttempts = int.MaxValue,
                Delay = Pause,
                OnRetry = retry =>
                {
                    wait.Because(Cause(retry.Outcome.Exception!));
                    return default;
                },
            })
            .Build();
    }

    /// <summary>It is there, and does not let this silo in.</summary>
    private static bool IsRefusal(RedisConnectionException e) => e.FailureType == ConnectionFailureType.AuthenticationFailure;

    /// <summary>What is behind it, in one line: the library's own words for it are a page about its settings.</summary>
    private static string Cause(Exception e) => e is RedisConnectionException { FailureType: ConnectionFailureType.UnableToConnect }
        ? "nothing answers there"
        : (e.InnerException ?? e).Message.ReplaceLineEndings(" ");

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
