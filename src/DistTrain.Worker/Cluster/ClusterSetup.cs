using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Runtime.Hosting;
using Orleans.Serialization.Serializers;
using StackExchange.Redis;

namespace DistTrain.Worker.Cluster;

/// <summary>How silos find each other and where grains keep their state.</summary>
public static class ClusterSetup
{
    /// <summary>Cluster and service id of every DistTrain cluster; clusters are apart by their file or server.</summary>
    public const string Name = "disttrain";

    /// <summary>Name of the grain storage for job records.</summary>
    public const string JobStorage = "jobs";

    /// <summary>Between two heartbeats that a silo writes into the membership.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(2);

    private const int MissedHeartbeats = 3;

    /// <summary>A silo that has written no heartbeat for so long is dead.</summary>
    internal static TimeSpan SilentSinceDeath => Heartbeat * MissedHeartbeats;

    /// <summary>
    /// Membership and grain state in one SQLite file, shared by all silos of one machine; no silo is special, any may start first or
    /// end last. Includes <see cref="UseClusterDefaults"/>.
    /// </summary>
    /// <param name="silo">The silo.</param>
    /// <param name="databasePath">The cluster's file, on a local disk; made with its folder if missing.</param>
    public static ISiloBuilder UseSqliteCluster(this ISiloBuilder silo, string databasePath)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(databasePath);
        silo.UseClusterDefaults();
        silo.Services.AddSingleton(services => new ClusterDatabase(databasePath, services.GetRequiredService<ILogger<ClusterDatabase>>()));
        silo.Services.AddSingleton<IMembershipTable, SqliteMembershipTable>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services =>
            new JoinTurn(Path.ChangeExtension(services.GetRequiredService<ClusterDatabase>().Path, ".join.lock"), TimeProvider.System));
        silo.Services.AddGrainStorage(JobStorage, (services, _) => new SqliteGrainStorage(
            services.GetRequiredService<ClusterDatabase>(), services.GetRequiredService<IActivatorProvider>()));
        return silo;
    }

    /// <summary>Membership and grain state in Redis, for silos of many machines. Includes <see cref="UseClusterDefaults"/>.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="redis">A connection that outlives the silo.</param>
    /// <param name="options">What it was made with.</param>
    internal static ISiloBuilder UseRedisCluster(this ISiloBuilder silo, IConnectionMultiplexer redis, ConfigurationOptions options)
    {
        silo.UseClusterDefaults();
        silo.UseRedisClustering(clustering =>
        {
            clustering.ConfigurationOptions = options;
            clustering.CreateMultiplexer = _ => Task.FromResult((redis, true));
        });
        return silo.AddRedisGrainStorage(JobStorage, storage =>
        {
            storage.ConfigurationOptions = options;
            storage.CreateMultiplexer = _ => Task.FromResult((redis, true));
            storage.GrainStorageSerializer = new RecordFormat();
        });
    }

    /// <summary>What any DistTrain cluster shares, wherever its membership is kept: its name, its timing, the placement of ranks.</summary>
    public static ISiloBuilder UseClusterDefaults(this ISiloBuilder silo)
    {
        silo.Configure<ClusterOptions>(options =>
        {
            options.ClusterId = Name;
            options.ServiceId = Name;
        });
        silo.Configure<Orleans.Configuration.SiloOptions>(options => options.SiloName = SiloNames.New());
        silo.Configure<ClusterMembershipOptions>(SetTiming);
#pragma warning disable ORLEANSEXP003 // The other directory ends grains of healthy silos when a silo that has their entries goes.
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        // Else the grains of a dead silo wait half a minute, in case that it only seemed dead. Nobody has to: servers take no rank of an older
        // membership in, and the store no record that is older than its own.
        silo.Configure<GrainDirectoryOptions>(options => options.RangeLeaseDuration = TimeSpan.Zero);
        return silo.AddPlacementDirector<RankPlacement, RankPlacementDirector>();
    }

    /// <summary>Notice a dead or hung silo in seconds, without declaring a busy one dead.</summary>
    internal static void SetTiming(ClusterMembershipOptions options)
    {
        // Dead after two probes of a second each, on one silo's word: clusters are small, and with two silos nobody else could vote.
        options.ProbeTimeout = TimeSpan.FromSeconds(1);
        options.NumMissedProbesLimit = 2;
        options.NumVotesForDeathDeclaration = 1;
        // Orleans fits the timeout to the answers it gets, between these. Less than a second would call a silo dead whose cores are
        // all computing. Twice the upper one is how long an open but silent connection still counts as a sign of life: a killed
        // silo's connection closes at once, so this is the patience with a busy silo, and the time to notice a hung one.
        options.MinProbeTimeout = TimeSpan.FromSeconds(1);
        options.MaxProbeTimeout = TimeSpan.FromSeconds(4);

        // Changes are gossiped; the table is read again for what gossip missed.
        options.TableRefreshTimeout = TimeSpan.FromSeconds(2);

        // After all silos were killed, the next to start may drop the old ones only once they have missed three heartbeats.
        options.IAmAliveTablePublishTimeout = Heartbeat;
        options.NumMissedTableIAmAliveLimit = MissedHeartbeats;

        // A silo that cannot join says so within a minute.
        options.MaxJoinAttemptTime = TimeSpan.FromMinutes(1);

        // Dead entries are of use only to a silo that must learn of its own death.
        options.DefunctSiloExpiration = TimeSpan.FromHours(1);
        options.DefunctSiloCleanupPeriod = TimeSpan.FromMinutes(10);
    }
}
