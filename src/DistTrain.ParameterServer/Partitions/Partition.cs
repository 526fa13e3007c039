using DistTrain.Observability;
using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Parameters;
using DistTrain.Optimization.Threads;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Exchanges;
using DistTrain.ParameterServer.Metrics;
using DistTrain.ParameterServer.Ranks;
using DistTrain.ParameterServer.Replicas;
using DistTrain.ParameterServer.Updates;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Recipes;
using DistTrain.Training.Steps;
using Grpc.Core;

namespace DistTrain.ParameterServer.Partitions;

/// <summary>
/// The part of one job that this server owns: it takes ranks in, hands their chunks to the replica they train, publishes what is stepped, and
/// follows the course of training. <see cref="_gate"/> guards sessions and what belongs to whole steps; a bucket's gate is never held while
/// <see cref="_gate"/> is taken.
/// </summary>
internal sealed class Partition : IDisposable
{
    private readonly Lock _gate = new();
    private readonly KeyValuePair<string, object?> _label;
    private readonly RankSessions _sessions = new();
    private readonly ReplicaSet _replicas;
    private readonly RankFeed _feed;
    private readonly ReplicaUpdate _update;
    private readonly EvaluationTally _evaluations;
    private readonly CheckpointSaver _checkpoints;
    private readonly TrainingHistory? _history;
    private readonly StepTally _closed;
    private readonly ReplayChecks? _replays;
    private readonly BucketLoop _loop;
    private readonly TaskCompletionSource _quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _stopped;
    private volatile string? _error;
    private volatile string? _note;
    private volatile StepFault? _fault;

    /// <param name="plan">What the partition is a part of.</param>
    /// <param name="checkpoints">Saves it.</param>
    /// <param name="history">Records it, on the leader.</param>
    /// <param name="peers">Reaches the other servers.</param>
    /// <param name="restored">What it starts from; null: version 0.</param>
    public Partition(PartitionPlan plan, CheckpointSaver checkpoints, TrainingHistory? history, PeerChannels peers, RestoredVersion? restored = null)
    {
        Plan = plan;
        _label = TrainingMeter.Job(plan.JobId);
        _loop = new BucketLoop(plan.Threads);
        Norms = new NormSharing(plan, peers);
        Moments = plan.IsLeader && plan.Job.Spec.BatchNorm.Scope.IsShared ? new MomentSharing(plan) : null;
        _replays = plan.IsLeader && plan.Job.Spec.Numerics.ReplayCheck > 0 ? new ReplayChecks(plan) : null;
        _checkpoints = checkpoints;
        _history = history;
        _evaluations = new EvaluationTally(plan.Tree);
        _closed = new StepTally(plan.Tree.Ranks);
        _replicas = new ReplicaSet(plan, restored?.Open ?? plan.Course.First(), together =>
        {
            if (restored is null)
                together.FillVersionZero();
            else
                together.Fill(restored);
        });
        _feed = new RankFeed(plan, _replicas, _sessions, _replays);
        _update = new ReplicaUpdate(plan, _replicas, Norms, checkpoints, _loop);
    }

    public PartitionPlan Plan { get; }

    public CheckpointSaver Checkpoints => _checkpoints;

    public TrainingHistory? History => _history;

    public NormSharing Norms { get; }

    /// <summary>Where ranks meet for synchronized BatchNorm; null on servers that do not lead, and where each rank is by itself.</summary>
    public MomentSharing? Moments { get; }

    /// <summary>The committed version; while ranks have replicas of their own, the lowest.</summary>
    public long Version => _replicas.ByRank.Min(r => r.Open.Version);

    /// <summary>All ranks train one replica: there is one committed version.</summary>
    public bool IsTogether => _replicas.First.IsCommon;

    /// <summary>Steps of the whole job; at most, until the last one is known.</summary>
    public long TotalSteps => _replicas.First.Open is { IsLast: true } last ? last.Version : Plan.Course.TotalSteps;

    public bool Stopped => _stopped;

    /// <summary>Ranks train here, or the job's grain has stopped them and has still to seal what was saved.</summary>
    public bool IsInUse
    {
        get
        {
            lock (_gate)
                return IsStopping || !_sessions.IsEmpty;
        }
    }

    /// <summary>Why the partition can't go on, or null.</summary>
    public string? Error => _error ?? _checkpoints.Error;

    /// <summary>What the user should know of the course of training, or null.</summary>
    public string? Note => _note;

    /// <summary>Why the open step must not be taken, or null. Nothing more is committed.</summary>
    public StepFault? Fault => _fault;

    /// <summary>The last version is committed and, on the leader, evaluated by every rank.</summary>
    public bool Finished
    {
        get
        {
            lock (_gate)
            {
                var open = _replicas.First.Open;
                return IsTogether && open.IsLast && (!Plan.IsLeader || !open.Evaluate || _evaluations.IsComplete(open.Version));
            }
        }
    }

    /// <summary>No step is begun after the one that was open when the end was asked for. Holds the gate.</summary>
    private bool IsStopping => _feed.LastStep < long.MaxValue;

    /// <summary>Takes a rank's stream in; a stream that the rank had before is superseded.</summary>
    public RankSession Join(JoinRequest request)
    {
        RefuseGeneration(request.Generation);
        Refuse(request.LayoutHash != Plan.Layout.Hash, $"rank {request.Rank} brings parameter layout {request.LayoutHash}, the job has {Plan.Layout.Hash}");
        Refuse(
            request.DataFingerprint != Plan.DataFingerprint,
            $"rank {request.Rank} reads other data ({request.DataFingerprint}) than the job started with ({Plan.DataFingerprint})");
        Refuse(request.Rank < 0 || request.Rank >= Plan.Tree.Ranks, $"rank {request.Rank} is not one of the job's {Plan.Tree.Ranks}");
        lock (_gate)
        {
            if (_stopped)
                throw new RpcException(new Status(StatusCode.Cancelled, "training has been stopped"));
            var session = _sessions.Add(request.Rank, request.Membership);
            _replays?.Joined(request.Rank, request.Silo);
            session.Send(Frame<ServerMessage>.ToSend(new ServerMessage { Joined = new Joined { OpenStep = _replicas.Of(request.Rank).Open.Version } }));
            return session;
        }
    }

    public void Leave(RankSession session)
    {
        lock (_gate)
        {
            _sessions.Remove(session);
            if (IsStopping && _sessions.IsEmpty)
                _quiet.TrySetResult();
        }
    }

    /// <summary>Sends all buckets and the head of a version that the rank may step from: the committed one or the one before it.</summary>
    public void Pull(RankSession session, long version)
    {
        lock (_gate)
        {
            var replica = _replicas.Holding(session.Rank, version);
            Refuse(replica is null, $"rank {session.Rank} asks for version {version}, the server holds {_replicas.Of(session.Rank).Open.Version}");
            _history?.TrainingStarts();
            _feed.SendVersion(session, replica!, version);
        }
    }

    /// <summary>Keeps the digest of a gradient that two ranks compute (leader only).</summary>
    public void Digest(RankSession session, GradientDigest digest)
    {
        Refuse(_replays is null, $"rank {session.Rank} sends a digest, and gradients are compared elsewhere or not at all");
        lock (_gate)
            _replays!.Add(session.Rank, digest);
    }

    /// <summary>
    /// Counts one chunk. The last chunk of a bucket steps it and sends it to every rank of the replica; the last bucket closes the step. A rule
    /// that needs norms waits for the last bucket before any is stepped.
    /// </summary>
    public void Push(RankSession session, Frame<RankMessage> frame)
    {
        var chunk = frame.Head.Gradient;
        var replica = _replicas.Of(session.Rank);
        var index = chunk.Bucket - (Plan.Buckets.Count == 0 ? 0 : Plan.Buckets[0].Index);
        Refuse(index < 0 || index >= Plan.Buckets.Count, $"bucket {chunk.Bucket} is not one of this server's");
        var state = replica.Buckets[index];
        Refuse(frame.Payload.Length != state.Bucket.Length, $"bucket {chunk.Bucket} has {state.Bucket.Length} elements, the chunk {frame.Payload.Length}");
        Refuse(chunk.Contribution is null, $"rank {session.Rank} pushes a chunk of bucket {chunk.Bucket} without its contribution");
        Refuse(chunk.Contribution!.Rank != session.Rank, $"the stream of rank {session.Rank} brings a chunk of rank {chunk.Contribution.Rank}");

        TrainingMeter.GradientBytes.Add(frame.Payload.Length * sizeof(float), _label);
        Arrival arrival;
        lock (state.Gate)
        {
            var open = replica.Open;
            // What a replaying rank pushes of the last step is answered like that of any other.
            if (_stopped || (open.IsLast && chunk.Step >= open.Version))
                return;
            Refuse(chunk.Step > open.Version, $"rank {session.Rank} pushes step {chunk.Step}, the open one is {open.Version}");
            var member = session.Rank - replica.Index;
            if (chunk.Step == open.Version)
                replica.Times?.Arrived(frame.Payload.Length * sizeof(float));
            arrival = chunk.Step < open.Version ? Arrival.Duplicate : state.Add(member, chunk.Contribution, frame.TakePayload());
            if (arrival == Arrival.Complete)
            {
                replica.Times?.Summed();
                if (Plan.StepsAtOnce(open))
                    _update.StepBucket(replica, state);
            }
        }

        lock (_gate)
        {
            if (arrival == Arrival.Duplicate)
            {
                TrainingMeter.DuplicateGradients.Add(1, _label);
                _feed.SendMissed(session, chunk.Step, index);
            }
            else if (arrival == Arrival.Complete)
            {
                Completed(replica, index);
            }
        }
    }

    /// <summary>Counts one rank's share of an evaluation (leader only).</summary>
    public void Evaluate(RankSession session, EvaluationReport report)
    {
        Refuse(report.Rank != session.Rank, $"the stream of rank {session.Rank} brings an evaluation of rank {report.Rank}");
        lock (_gate)
        {
            if (_stopped)
                return;
            var replica = _replicas.Of(report.Rank);
            Refuse(report.Version > replica.Open.Version, $"rank {report.Rank} evaluates version {report.Version}, the server holds {replica.Open.Version}");
            // What is evaluated is common to all replicas, so the epoch is the same for all.
            if (_evaluations.Add(report) is { } total)
                _history?.Evaluated(total, Plan.Course.EpochsAt(replica.Open.Position));
        }
    }

    /// <summary>
    /// Ends training at a step's end: the open step may still close (its last chunks are on their way), the ranks learn with the next head that it
    /// was the last, and the committed version is saved once they have left. A rank leaves when it has that version from all servers: to end its
    /// stream here sooner would lose what it still owes to the others. If the step can't close within <paramref name="patience"/> and is half
    /// stepped, nothing is saved; nor is it while ranks have replicas of their own: their common version was saved when they parted.
    /// </summary>
    public async Task StopAsync(TimeSpan patience)
    {
        lock (_gate)
        {
            _feed.LastStep = Math.Min(_feed.LastStep, _replicas.First.Open.Version);
            if (!IsTogether || _sessions.IsEmpty || _fault is not null)
                _quiet.TrySetResult();
        }

        await Task.WhenAny(_quiet.Task, Task.Delay(patience));
        lock (_gate)
        {
            if (!_stopped)
            {
                _stopped = true;
                _sessions.EndAll(StatusCode.Cancelled, "training has been stopped");
            }
        }

        Norms.Stop();
        Moments?.Stop();
        // A step that was judged faulty has touched nothing, though its sums are complete.
        var isUntouched = _fault is not null && _replicas.First.SteppedCount == 0;
        if (IsTogether && (isUntouched || !_replicas.First.IsHalfStepped()))
            await _checkpoints.SaveNowAsync(_replicas.First);
        else
            await _checkpoints.FinishAsync();
        _checkpoints.FlushHistory();
    }

    /// <summary>Ends without saving, for a newer generation of the job on this server: what is not in a checkpoint is done again.</summary>
    public async Task AbandonAsync()
    {
        lock (_gate)
        {
            _stopped = true;
            _sessions.EndAll(StatusCode.Aborted, "the job goes on in a newer generation");
        }

        Norms.Stop();
        Moments?.Stop();
        await _checkpoints.FinishAsync();
        _history?.End();
    }

    /// <exception cref="RpcException">ABORTED: the caller belongs to another generation, and learns of this one from the job's grain.</exception>
    public void RefuseGeneration(long generation)
    {
        if (generation != Plan.Generation)
            throw new RpcException(new Status(StatusCode.Aborted, $"generation {generation} is fenced: the job runs generation {Plan.Generation}"));
    }

    /// <summary>The committed elements of a bucket, of a partition at rest.</summary>
    public ReadOnlyMemory<float> Committed(Bucket bucket) => _replicas.First.Committed(bucket);

    public void Dispose()
    {
        Norms.Dispose();
        Moments?.Dispose();
        _history?.Dispose();
    }

    /// <summary>A bucket's sum is complete. Holds the gate.</summary>
    private void Completed(ReplicaGroup replica, int index)
    {
        replica.CompleteCount++;
        if (Plan.StepsAtOnce(replica.Open))
        {
            Publish(replica, index);
            if (replica.SteppedCount == replica.Buckets.Count)
                CloseStep(replica);
        }
        else if (replica.CompleteCount == replica.Buckets.Count)
        {
            _ = Task.Run(() => StepAllAsync(replica));
        }
    }

    private async Task StepAllAsync(ReplicaGroup replica)
    {
        try
        {
            var verdict = await _update.StepAllAsync(replica, index =>
            {
                lock (_gate)
                    Publish(replica, index);
            });
            lock (_gate)
            {
                if (verdict.Kind == VerdictKind.Fault)
                    Stall(new StepFault { Step = replica.Open.Version, Reason = verdict.Reason, RollsBack = Plan.Job.Spec.Numerics.Policy == NumericsPolicies.Rollback });
                else
                    CloseStep(replica);
            }
        }
        catch (OperationCanceledException)
        {
            // Training was stopped: nobody waits for this step.
        }
        catch (Exception e)
        {
            // The edge of the task: whatever it is, the job learns the reason instead of waiting for the step for ever.
            _error = e is RpcException rpc ? $"norms over the servers: {rpc.StatusCode}: {rpc.Status.Detail}" : $"{e.GetType().Name}: {e.Message}";
        }
    }

    /// <summary>A bucket is stepped: its replica's ranks get it, unless it is to be averaged first. Holds the gate.</summary>
    private void Publish(ReplicaGroup replica, int index)
    {
        replica.Stepped[index] = true;
        replica.SteppedCount++;
        if (!replica.Open.Averages)
            _feed.SendBucket(replica, index, replica.Open.Version + 1);
    }

    /// <summary>All buckets are stepped. Holds the gate.</summary>
    private void CloseStep(ReplicaGroup replica)
    {
        // The last replica to await an average closes for all of them, also for one whose thread comes here only afterwards. Once training is
        // stopped, or given up for a newer generation, no step closes: its files may be somebody else's already.
        if (_stopped || replica.SteppedCount < replica.Buckets.Count)
            return;
        var closed = replica.Open;
        if (_replays?.DifferenceIn(closed) is { } difference)
        {
            Stall(new StepFault { Step = closed.Version, Reason = difference });
            return;
        }

        if (closed.Averages)
        {
            if (_replicas.ByRank.All(r => r.AwaitsAverage))
                CloseWithAverage(closed);
            return;
        }

        Close(replica, NextOf(replica));
    }

    /// <summary>The open step must not be taken: it stays open, its ranks wait, and the job's grain learns why. Holds the gate.</summary>
    private void Stall(StepFault fault)
    {
        _fault = fault;
        _quiet.TrySetResult();
    }

    /// <summary>The step after the replica's open one. Holds the gate.</summary>
    private OpenStep NextOf(ReplicaGroup replica)
    {
        var closed = replica.Open;
        List<Contribution> contributions = [.. replica.Buckets[0].Contributions.Select(c => c!)];
        var examples = contributions.Sum(c => (long)c.Examples);
        var expected = closed.Sharing == Sharing.Local ? contributions[0].Examples : closed.Take;
        Refuse(examples != expected, $"step {closed.Version} took {examples} examples instead of {expected}");
        if (closed.Kind == StepKind.Statistics)
            _history?.StatisticsTaken(closed, Plan, contributions);
        else if (_closed.Add(closed.Version, contributions) is { } all)
            _history?.StepClosed(closed, Plan, all, replica.Verdict.Reason, _replays?.CheckedIn(closed));
        var outcome = new StepOutcome(
            contributions.Sum(c => c.Correct),
            replica.Norms.AverageSquare,
            _update.MeasuresNoise(closed) ? [.. contributions.Zip(replica.Norms.RankSquares, (c, square) => (c.Examples, square))] : [],
            replica.Verdict);
        var next = Plan.Course.Next(closed, outcome, out var note);
        _note = note ?? _note;
        return next;
    }

    private void Close(ReplicaGroup replica, OpenStep next)
    {
        replica.Times?.Close(Plan, replica);
        replica.Close(next);
        var mayGoOn = replica.IsCommon ? _checkpoints.Committed(replica, next) : Task.CompletedTask;
        if (replica.IsCommon && next.Sharing != Sharing.Together && !next.IsLast && !IsStopping)
            _replicas.Part(replica, next);
        _ = AnnounceAsync(replica.Ranks, mayGoOn);
    }

    /// <summary>Sends the heads of the open steps: with them the ranks go on. Holds the gate, and takes it again if it had to wait.</summary>
    private async Task AnnounceAsync(IReadOnlyList<int> ranks, Task mayGoOn)
    {
        await mayGoOn.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            _feed.SendHeads(ranks);
        }
    }

    /// <summary>All replicas have stepped a version that is to be averaged. Holds the gate.</summary>
    private void CloseWithAverage(OpenStep closed)
    {
        foreach (var replica in _replicas.ByRank)
            replica.Times?.Close(Plan, replica);
        var together = _replicas.Average(closed, [.. _replicas.ByRank.Select(NextOf)], _loop);
        var mayGoOn = together is null ? Task.CompletedTask : _checkpoints.Committed(together, together.Open);
        foreach (var replica in _replicas.All)
        {
            for (var index = 0; index < Plan.Buckets.Count; index++)
                _feed.SendBucket(replica, index, replica.Open.Version);
            _ = AnnounceAsync(replica.Ranks, mayGoOn);
        }
    }

    private static void Refuse(bool wrong, string reason)
    {
        if (wrong)
            throw new RpcException(new Status(StatusCode.FailedPrecondition, reason));
    }
}
