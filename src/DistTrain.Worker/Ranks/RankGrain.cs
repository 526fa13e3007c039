using DistTrain.Protocol.Transport;
using DistTrain.Recipes.Files;
using DistTrain.Torch.Data;
using DistTrain.Worker.Cluster;
using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Ranks;

/// <summary>
/// Holds a rank's loop. Compute never runs on the grain's own scheduler: a busy turn would look like a dead silo. When the rank moves, or its
/// silo leaves, it takes its assignment along and goes on where it arrives, without waiting to be asked.
/// </summary>
[RankPlacement]
[KeepAlive]
internal sealed class RankGrain(
    DatasetCache datasets,
    PeerChannels peers,
    SiloOptions options,
    IClusterMembershipService membership,
    ISiloStatusOracle silos,
    ILogger<RankGrain> logger,
    ILocalSiloDetails silo) : Grain, IRankGrain, IGrainMigrationParticipant
{
    private const string AssignmentKey = "assignment";
    private const string FromKey = "from";

    private Task<Dataset>? _prepared;
    private RankLoop? _loop;
    private RankAssignment? _assignment;
    private string? _movedFrom;

    private string Silo => silo.SiloAddress.ToString();

    public override Task OnActivateAsync(CancellationToken cancellationToken) =>
        _assignment is { } carried ? StartAsync(carried) : Task.CompletedTask;

    public Task PrepareAsync(string jobFile)
    {
        // Held by the grain: the cache alone would let go of it before the rank runs.
        if (_loop is null)
            _prepared ??= Task.Run(() => datasets.Load(JobFile.Read(jobFile, this.GetPrimaryKeyString(), []).Job!.Spec.Dataset));
        return Task.CompletedTask;
    }

    public async Task<RankProgress> RunAsync(RankAssignment assignment)
    {
        if (_loop is not null && (_loop.IsLost || _loop.Assignment.Generation != assignment.Generation))
            await StopLoopAsync();
        return (_loop ?? await StartAsync(assignment)).Progress(_movedFrom);
    }

    public async Task StopAsync()
    {
        _assignment = null;
        await StopLoopAsync();
        DeactivateOnIdle();
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await StopLoopAsync();
        // A silo that was declared dead has nothing to hand over: its ranks live elsewhere.
        if (reason.ReasonCode == DeactivationReasonCode.ShuttingDown && _assignment is not null && silos.HasOthers())
            this.MigrateOnIdle();
    }

    void IGrainMigrationParticipant.OnDehydrate(IDehydrationContext dehydrationContext)
    {
        if (_assignment is null)
            return;
        dehydrationContext.TryAddValue(AssignmentKey, _assignment);
        dehydrationContext.TryAddValue(FromKey, Silo);
    }

    void IGrainMigrationParticipant.OnRehydrate(IRehydrationContext rehydrationContext)
    {
        rehydrationContext.TryGetValue(AssignmentKey, out _assignment);
        rehydrationContext.TryGetValue(FromKey, out _movedFrom);
    }

    private async Task<RankLoop> StartAsync(RankAssignment assignment)
    {
        _assignment = assignment;
        return _loop = RankLoop.Start(assignment, new RankHome(Silo, await SeenMembershipAsync(), peers, options.Devices), datasets, logger);
    }

    /// <summary>The membership's version, read now: a silo that hung learns here that it was declared dead, and a new one what led to its being asked.</summary>
    private async Task<long> SeenMembershipAsync()
    {
        try
        {
            await membership.Refresh();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever the store fails with: Orleans reads it again by itself, and until then what was seen last will do.
            RankLog.MembershipAway(logger, e.Message);
        }

        return membership.CurrentSnapshot.Version.Value;
    }

    private async Task StopLoopAsync()
    {
        _prepared = null;
        if (_loop is { } loop)
        {
            _loop = null;
            await loop.DisposeAsync();
        }
    }
}
