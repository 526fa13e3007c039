using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Parameters;
using DistTrain.Optimization.Threads;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Metrics;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
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
    private readonly Dictionary<int, RankSession> _sessions = [];
    private readonly EvaluationTally _evaluations;
    private readonly CheckpointSaver _checkpoints;
    private readonly TrainingHistory? _history;
    private readonly StepTally _closed;
    private readonly BucketLoop _loop = new(Environment.ProcessorCount);
    private readonly TaskCompletionSource _quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The replica that each rank trains now, and the one it trained before while somebody may have to replay a step of it.</summary>
    private readonly ReplicaGroup[] _replicas;
    private readonly ReplicaGroup?[] _before;
    private bool _stopping;
    private volatile bool _stopped;
    private volatile string? _error;
    private volatile string? _note;

    /// <param name="plan">What the partition is a part of.</param>
    /// <param name="checkpoints">Saves it.</param>
    /// <param name="history">Records it, on the leader.</param>
    /// <param name="restored">What it starts from; null: version 0.</param>
    public Partition(PartitionPlan plan, CheckpointSaver checkpoints, TrainingHistory? history, RestoredVersion? restored = null)
    {
        Plan = plan;
        Norms = new NormSharing(plan);
        Moments = plan.IsLeader && plan.Job.Spec.BatchNorm.Scope.IsShared ? new MomentSharing(plan) : null;
        _checkpoints = checkpoints;
        _history = history;
        _evaluations = new EvaluationTally(plan.Tree);
        _closed = new StepTally(plan.Tree.Ranks);
        _before = new ReplicaGroup[plan.Tree.Ranks];
        _replicas = new ReplicaGroup[plan.Tree.Ranks];
        var first = restored?.Open ?? plan.Course.First();
        var together = new ReplicaGroup(plan, AllRanks, first with { Sharing = Sharing.Together });
        if (restored is null)
            together.FillVersionZero();
        else
            together.Fill(restored);
        Array.Fill(_replicas, together);
        if (first.Sharing != Sharing.Together)
            Part(together, first);
    }

    public PartitionPlan Plan { get; }

    public CheckpointSaver Checkpoints => _checkpoints;

    public TrainingHistory? History => _history;

    public NormSharing Norms { get; }

    /// <summary>Where ranks meet for synchronized BatchNorm; null on servers that do not lead, and where each rank is by itself.</summary>
    public MomentSharing? Moments { get; }

    /// <summary>The committed version; while ranks have replicas of their own, the lowest.</summary>
    public long Version => _replicas.Min(r => r.Open.Version);

    /// <summary>All ranks train one replica: there is one committed version.</summary>
    public bool IsTogether => _replicas[0].IsCommon;

    /// <summary>Steps of the whole job; at most, until the last one is known.</summary>
    public long TotalSteps => _replicas[0].Open is { IsLast: true } last && !_stopping ? last.Version : Plan.Course.TotalSteps;

    public bool Stopped => _stopped;

    /// <summary>Why the partition can't go on, or null.</summary>
    public string? Error => _error ?? _checkpoints.Error;

    /// <summary>What the user should know of the course of training, or null.</summary>
    public string? Note => _note;

    /// <summary>The last version is committed and, on the leader, evaluated by every rank.</summary>
    public bool Finished
    {
        get
        {
            lock (_gate)
            {
                var open = _replicas[0].Open;
                return IsTogether && open.IsLast && !_stopping && (!Plan.IsLeader || !open.Evaluate || _evaluations.IsComplete(open.Version));
            }
        }
    }

    private IReadOnlyList<int> AllRanks => [.. Enumerable.Range(0, Plan.Tree.Ranks)];

    /// <summary>Takes a rank's stream in; a stream that the rank had before is superseded.</summary>
    public RankSession Join(JoinRequest request)
    {
        RefuseGeneration(request.Generation);
        Refuse(request.LayoutHash != Plan.Layout.Hash, $"rank {request.Rank} brings parameter layout {request.LayoutHash}, the job has {Plan.Layout.Hash}");
        Refuse(
            request.DataFingerprint != Plan.DataFingerprint,
            $"rank {request.Rank} reads other data ({request.DataFingerprint}) than the job started with ({Plan.DataFingerprint})");
        Refuse(request.Rank < 0 || request.Rank >= Plan.Tree.Ranks, $"rank {request.Rank} is not one of the job's {Plan.Tree.Ranks}");
        var session = new RankSession(request.Rank);
        lock (_gate)
        {
            if (_stopped)
                throw new RpcException(new Status(StatusCode.Cancelled, "training has been stopped"));
            if (_sessions.Remove(request.Rank, out var old))
                old.End(StatusCode.Aborted, "superseded by a newer stream of the same rank");
            _sessions[request.Rank] = session;
            session.Send(Frame<ServerMessage>.ToSend(new ServerMessage { Joined = new Joined { OpenStep = _replicas[request.Rank].Open.Version } }));
        }

        return session;
    }

    public void Leave(RankSession session)
    {
        lock (_gate)
        {
            if (_sessions.GetValueOrDefault(session.Rank) == session)
                _sessions.Remove(session.Rank);
            if (_stopping && _sessions.Count == 0)
                _quiet.TrySetResult();
        }
    }

    /// <summary>Sends all buckets and the head of a version that the rank may step from: the committed one or the one before it.</summary>
    public void Pull(RankSession session, long version)
    {
        lock (_gate)
        {
            var replica = _replicas[session.Rank];
            if (replica.Find(version) is null && _before[session.Rank] is { } before)
                replica = before;
            var step = replica.Find(version);
            Refuse(step is null, $"rank {session.Rank} asks for version {version}, the server holds {_replicas[session.Rank].Open.Version}");
            _history?.TrainingStarts();
            foreach (var bucket in Plan.Buckets)
                session.Send(BucketFrame(replica, bucket, version));
            session.Send(HeadFrame(step!));
        }
    }

    /// <summary>
    /// Counts one chunk. The last chunk of a bucket steps it and sends it to every rank of the replica; the last bucket closes the step. A rule
    /// that needs norms waits for the last bucket before any is stepped.
    /// </summary>
    public void Push(RankSession session, Frame<RankMessage> frame)
    {
        var chunk = frame.Head.Gradient;
        var replica = Volatile.Read(ref _replicas[session.Rank]);
        var index = chunk.Bucket - (Plan.Buckets.Count == 0 ? 0 : Plan.Buckets[0].Index);
        Refuse(index < 0 || index >= Plan.Buckets.Count, $"bucket {chunk.Bucket} is not one of this server's");
        var state = replica.Buckets[index];
        Refuse(frame.Payload.Length != state.Bucket.Length, $"bucket {chunk.Bucket} has {state.Bucket.Length} elements, the chunk {frame.Payload.Length}");
        Refuse(chunk.Contribution is null, $"rank {session.Rank} pushes a chunk of bucket {chunk.Bucket} without its contribution");
        Refuse(chunk.Contribution!.Rank != session.Rank, $"the stream of rank {session.Rank} brings a chunk of rank {chunk.Contribution.Rank}");

        Arrival arrival;
        lock (state.Gate)
        {
            var open = replica.Open;
            // What a replaying rank pushes of the last step is answered like that of any other.
            if (_stopped || (open.IsLast && chunk.Step >= open.Version))
                return;
            Refuse(chunk.Step > open.Version, $"rank {session.Rank} pushes step {chunk.Step}, the open one is {open.Version}");
            var member = session.Rank - replica.Index;
            arrival = chunk.Step < open.Version ? Arrival.Duplicate : state.Add(member, chunk.Contribution, frame.TakePayload());
            if (arrival == Arrival.Complete && Plan.StepsAtOnce(open))
                StepBucket(replica, state, TimeOf(open, gradientScale: 1));
        }

        lock (_gate)
        {
            if (arrival == Arrival.Duplicate)
                Answer(session, chunk.Step, index);
            else if (arrival == Arrival.Complete)
                Completed(replica, index);
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
            var replica = _replicas[report.Rank];
            Refuse(report.Version > replica.Open.Version, $"rank {report.Rank} evaluates version {report.Version}, the server holds {replica.Open.Version}");
            // What is evaluated is common to all replicas, so the epoch is the same for all.
            if (_evaluations.Add(report) is { } total)
                _history?.Evaluated(total, Plan.Course.EpochsAt(replica.Open.Position));
        }
    }

    /// <summary>
    /// Ends training at a step's end: the open step may still close (its last chunks are on their way), then every stream is ended and the
    /// committed version is saved. If the step can't close within <paramref name="patience"/> and is half stepped, nothing is saved; nor is it
    /// while ranks have replicas of their own: their common version was saved when they parted.
    /// </summary>
    public async Task StopAsync(TimeSpan patience)
    {
        lock (_gate)
        {
            _stopping |= !Finished;
            if (!IsTogether || _replicas[0].Open.IsLast || _sessions.Count == 0)
                _quiet.TrySetResult();
        }

        await Task.WhenAny(_quiet.Task, Task.Delay(patience));
        lock (_gate)
        {
            if (!_stopped)
            {
                _stopped = true;
                foreach (var session in _sessions.Values)
                    session.End(StatusCode.Cancelled, "training has been stopped");
                _sessions.Clear();
            }
        }

        Norms.Stop();
        Moments?.Stop();
        if (IsTogether && !_replicas[0].IsHalfStepped())
            await _checkpoints.SaveNowAsync(_replicas[0]);
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
            foreach (var session in _sessions.Values)
                session.End(StatusCode.Aborted, "the job goes on in a newer generation");
            _sessions.Clear();
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
    public ReadOnlyMemory<float> Committed(Bucket bucket) => _replicas[0].Committed(bucket);

    public void Dispose()
    {
        Norms.Dispose();
        Moments?.Dispose();
        _history?.Dispose();
    }

    private UpdateTime TimeOf(OpenStep open, double gradientScale) =>
        new(open.SlotAge, open.Rate, open.PreviousRate, Plan.Course.EpochsAt(open.Position), gradientScale);

    private void StepBucket(ReplicaGroup replica, BucketState state, in UpdateTime time)
    {
        Release(replica);
        Capture(replica, state);
        replica.Step(state, time);
    }

    /// <summary>Stepping writes over the version before the committed one: every member has pushed, so nobody needs it any more.</summary>
    private void Release(ReplicaGroup replica)
    {
        replica.ForgetPrevious();
        foreach (var rank in replica.Ranks)
            Volatile.Write(ref _before[rank], null);
    }

    /// <summary>A snapshot that is still in the making gets the bucket before an update touches it. The caller holds the bucket's gate, or works alone.</summary>
    private void Capture(ReplicaGroup replica, BucketState state)
    {
        if (_checkpoints.Pending is { } snapshot && snapshot.Replica == replica)
            replica.CaptureLocked(snapshot, state);
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
            _ = Task.Run(() => StepWithNormsAsync(replica));
        }
    }

    /// <summary>The update for rules that need norms over tensors or over the whole gradient: all buckets are there, none is stepped.</summary>
    private async Task StepWithNormsAsync(ReplicaGroup replica)
    {
        try
        {
            var open = replica.Open;
            var time = TimeOf(open, await ClipAsync(replica, open));
            Release(replica);
            if (Plan.Optimizer.Norms > 0)
            {
                _loop.Run(replica.Buckets.Count, index =>
                {
                    var state = replica.Buckets[index];
                    lock (state.Gate)
                    {
                        Capture(replica, state);
                        replica.Measure(state, time);
                    }
                });
                replica.Combine((await Norms.AllAsync(replica.Index, open.Version, round: 1, replica.PieceSums)).Span);
            }

            _loop.Run(replica.Buckets.Count, fromEnd =>
            {
                // Backwards: what was measured last is still in the cache.
                var index = replica.Buckets.Count - 1 - fromEnd;
                var state = replica.Buckets[index];
                lock (state.Gate)
                    StepBucket(replica, state, time);
                lock (_gate)
                    Publish(replica, index);
            });
            lock (_gate)
                CloseStep(replica);
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

    /// <summary>
    /// The factor that brings the whole gradient's norm down to the limit; 1 when it is below, or when there is none. Where the noise is
    /// measured, the same norm and those of the ranks' gradients are kept for the course of training.
    /// </summary>
    private async ValueTask<double> ClipAsync(ReplicaGroup replica, OpenStep open)
    {
        if (Plan.ClipNorm == 0 && !MeasuresNoise(open))
            return 1;
        var sums = await Norms.AllAsync(replica.Index, open.Version, round: 0, GradientNorm.PieceSums(replica, _loop));
        var square = GradientNorm.Total(sums.Span);
        if (MeasuresNoise(open))
        {
            var ranks = await Norms.AllAsync(replica.Index, open.Version, round: 2, GradientNorm.RankSums(replica));
            replica.Noise = (square, GradientNorm.TotalByRank(ranks.Span, replica.Ranks.Count));
        }

        var norm = Math.Sqrt(square);
        return Plan.ClipNorm > 0 && norm > Plan.ClipNorm ? Plan.ClipNorm / norm : 1;
    }

    private bool MeasuresNoise(OpenStep open) => Plan.Course.MeasuresNoise && open.Sharing == Sharing.Together;

    /// <summary>A bucket is stepped: its replica's ranks get it, unless it is to be averaged first. Holds the gate.</summary>
    private void Publish(ReplicaGroup replica, int index)
    {
        replica.Stepped[index] = true;
        replica.SteppedCount++;
        if (!replica.Open.Averages)
            SendBucket(replica, index, replica.Open.Version + 1);
    }

    private void SendBucket(ReplicaGroup replica, int index, long version)
    {
        var frame = BucketFrame(replica, Plan.Buckets[index], version);
        foreach (var rank in replica.Ranks)
            _sessions.GetValueOrDefault(rank)?.Send(frame);
    }

    /// <summary>All buckets are stepped. Holds the gate.</summary>
    private void CloseStep(ReplicaGroup replica)
    {
        // The last replica to await an average closes for all of them, also for one whose thread comes here only afterwards. Once training is
        // stopped, or given up for a newer generation, no step closes: its files may be somebody else's already.
        if (_stopped || replica.SteppedCount < replica.Buckets.Count)
            return;
        var closed = replica.Open;
        if (closed.Averages)
        {
            if (_replicas.All(r => r.AwaitsAverage))
                CloseWithAverage(closed);
            return;
        }

        Close(replica, NextOf(replica));
    }

    /// <summary>The step after the replica's open one. Holds the gate.</summary>
    private OpenStep NextOf(ReplicaGroup replica)
    {
        var closed = replica.Open;
        List<Contribution> contributions = [.. replica.Buckets[0].Contributions.Select(c => c!)];
        var examples = contributions.Sum(c => (long)c.Examples);
        var expected = closed.Sharing == Sharing.Local ? contributions[0].Examples : closed.Take;
        Refuse(examples != expected, $"step {closed.Version} took {examples} examples instead of {expected}");
        if (closed.Kind == StepKind.Gradient && _closed.Add(closed.Version, contributions) is { } all)
            _history?.StepClosed(closed, Plan, all);
        var outcome = new StepOutcome(
            contributions.Sum(c => c.Correct),
            replica.Noise.AverageSquare,
            MeasuresNoise(closed) ? [.. contributions.Zip(replica.Noise.RankSquares, (c, square) => (c.Examples, square))] : []);
        var next = Plan.Course.Next(closed, outcome, out var note);
        _note = note ?? _note;
        return _stopping ? next with { Take = 0, Evaluate = false } : next;
    }

    private void Close(ReplicaGroup replica, OpenStep next)
    {
        replica.Close(next);
        var mayGoOn = replica.IsCommon ? _checkpoints.Committed(replica, next) : Task.CompletedTask;
        if (replica.IsCommon && next.Sharing != Sharing.Together && !next.IsLast)
            Part(replica, next);
        _ = AnnounceAsync(replica.Ranks, mayGoOn);
    }

    /// <summary>Sends the heads of the open steps: with them the ranks go on. Holds the gate, and takes it again if it had to wait.</summary>
    private async Task AnnounceAsync(IReadOnlyList<int> ranks, Task mayGoOn)
    {
        await mayGoOn.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            foreach (var rank in ranks)
                _sessions.GetValueOrDefault(rank)?.Send(HeadFrame(_replicas[rank].Open));
            if (_stopping)
                _quiet.TrySetResult();
        }
    }

    /// <summary>Each rank gets a replica of its own, which starts as the common one is.</summary>
    private void Part(ReplicaGroup together, OpenStep open)
    {
        foreach (var rank in together.Ranks)
        {
            var own = new ReplicaGroup(Plan, [rank], Course.OfReplica(open, rank));
            own.ContinueFrom(together, withSlots: open.Sharing == Sharing.Local);
            Volatile.Write(ref _before[rank], together);
            Volatile.Write(ref _replicas[rank], own);
        }
    }

    /// <summary>All replicas have stepped a version that is to be averaged: the mean is that version, for all of them or for the one that follows.</summary>
    private void CloseWithAverage(OpenStep closed)
    {
        var replicas = _replicas.ToArray();
        List<OpenStep> next = [.. replicas.Select(NextOf)];
        var together = next[0].Sharing == Sharing.Together ? new ReplicaGroup(Plan, AllRanks, next[0]) : null;
        _loop.Run(Plan.Buckets.Count, index =>
        {
            var bucket = Plan.Buckets[index];
            var mean = new float[bucket.Length];
            WeightAverage.Of(replicas, bucket, closed.Version + 1, mean);
            foreach (var replica in together is null ? replicas : [together])
                mean.CopyTo(replica.Writable(bucket, closed.Version + 1));
        });
        for (var rank = 0; rank < replicas.Length; rank++)
        {
            replicas[rank].Close(next[rank]);
            if (together is not null)
            {
                Volatile.Write(ref _before[rank], replicas[rank]);
                Volatile.Write(ref _replicas[rank], together);
            }
        }

        var mayGoOn = together is null ? Task.CompletedTask : _checkpoints.Committed(together, together.Open);
        foreach (var replica in _replicas.Distinct())
        {
            for (var index = 0; index < Plan.Buckets.Count; index++)
                SendBucket(replica, index, replica.Open.Version);
            _ = AnnounceAsync(replica.Ranks, mayGoOn);
        }
    }

    /// <summary>What a replaying rank missed: the bucket, if it is already stepped, and behind the last bucket the head.</summary>
    private void Answer(RankSession session, long step, int index)
    {
        var replica = _replicas[session.Rank];
        var open = replica.Open;
        if (step == open.Version && replica.Stepped[index] && !open.Averages)
        {
            session.Send(BucketFrame(replica, Plan.Buckets[index], step + 1));
        }
        else if (step == open.Version - 1)
        {
            session.Send(BucketFrame(replica, Plan.Buckets[index], step + 1));
            if (index == Plan.Buckets.Count - 1)
                session.Send(HeadFrame(open));
        }
    }

    private static Frame<ServerMessage> BucketFrame(ReplicaGroup replica, Bucket bucket, long version) =>
        Frame<ServerMessage>.ToSend(
            new ServerMessage { Parameters = new ParameterChunk { Version = version, Bucket = bucket.Index } },
            replica.Elements(bucket, version));

    private static Frame<ServerMessage> HeadFrame(OpenStep step) =>
        Frame<ServerMessage>.ToSend(new ServerMessage { Head = step.ToHead() });

    private static void Refuse(bool wrong, string reason)
    {
        if (wrong)
            throw new RpcException(new Status(StatusCode.FailedPrecondition, reason));
    }
}
