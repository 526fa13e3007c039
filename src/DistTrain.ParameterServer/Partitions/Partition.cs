using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Metrics;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using Grpc.Core;
using Position = DistTrain.Optimization.Order.Position;

namespace DistTrain.ParameterServer.Partitions;

/// <summary>
/// The part of one job that this server owns: aggregation, update, versions. Chunks of different buckets are added and stepped in parallel,
/// each under its bucket's gate; <see cref="_gate"/> guards what belongs to the whole step. A bucket's gate is never held while
/// <see cref="_gate"/> is taken.
/// </summary>
internal sealed class Partition
{
    private readonly Lock _gate = new();
    private readonly BucketState[] _buckets;
    private readonly bool[] _stepped;
    private readonly VersionBuffers _versions;
    private readonly FlatUpdate<float> _update;
    private readonly Dictionary<int, RankSession> _sessions = [];
    private readonly EvaluationTally _evaluations;
    private readonly CheckpointSaver _checkpoints;
    private readonly TrainingHistory? _history;
    private volatile OpenStep _open;
    private volatile OpenStep? _previous;
    private readonly TaskCompletionSource _quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _steppedCount;
    private bool _stopping;
    private volatile bool _stopped;

    public Partition(PartitionPlan plan, CheckpointSaver checkpoints, TrainingHistory? history)
    {
        Plan = plan;
        _checkpoints = checkpoints;
        _history = history;
        _buckets = [.. plan.Buckets.Select(b => new BucketState(b, plan.Tree))];
        _stepped = new bool[_buckets.Length];
        _versions = new VersionBuffers(plan.Length);
        _update = new FlatUpdate<float>(plan.Optimizer, plan.Layout, plan.Buckets);
        _evaluations = new EvaluationTally(plan.Tree);
        VersionZero.Fill(plan.Layout, plan.Job.Spec.Seed, plan.Offset, _versions.Of(0));
        _open = plan.StepAt(0, Position.Start());
    }

    public PartitionPlan Plan { get; }

    public CheckpointSaver Checkpoints => _checkpoints;

    public TrainingHistory? History => _history;

    /// <summary>The committed version.</summary>
    public long Version => _open.Version;

    public bool Stopped => _stopped;

    /// <summary>The last version is committed and, on the leader, evaluated by every rank.</summary>
    public bool Finished
    {
        get
        {
            lock (_gate)
                return Version >= Plan.TotalSteps && (!Plan.IsLeader || !_open.Evaluate || _evaluations.IsComplete(Version));
        }
    }

    /// <summary>Takes a rank's stream in; a stream that the rank had before is superseded.</summary>
    public RankSession Join(JoinRequest request)
    {
        Refuse(request.Generation != Plan.Generation, $"generation {request.Generation} is fenced: the job runs generation {Plan.Generation}");
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
            session.Send(Frame<ServerMessage>.ToSend(new ServerMessage { Joined = new Joined { OpenStep = _open.Version } }));
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

    /// <summary>Sends all buckets and the head of the committed version or of the one before it.</summary>
    public void Pull(RankSession session, long version)
    {
        lock (_gate)
        {
            var head = version == _open.Version ? _open : version == _previous?.Version ? _previous : null;
            Refuse(head is null, $"rank {session.Rank} asks for version {version}, the server holds {_open.Version}");
            if (version == 0)
                _history?.TrainingStarts();
            foreach (var bucket in Plan.Buckets)
                session.Send(BucketFrame(bucket, version));
            session.Send(HeadFrame(head!));
        }
    }

    /// <summary>
    /// Counts one chunk. The last chunk of a bucket steps it and sends it to every rank; the last bucket closes the step.
    /// </summary>
    public void Push(RankSession session, Frame<RankMessage> frame)
    {
        var chunk = frame.Head.Gradient;
        var index = chunk.Bucket - (_buckets.Length == 0 ? 0 : _buckets[0].Bucket.Index);
        Refuse(index < 0 || index >= _buckets.Length, $"bucket {chunk.Bucket} is not one of this server's");
        var state = _buckets[index];
        Refuse(frame.Payload.Length != state.Bucket.Length, $"bucket {chunk.Bucket} has {state.Bucket.Length} elements, the chunk {frame.Payload.Length}");
        Refuse(chunk.Contribution is null, $"rank {session.Rank} pushes a chunk of bucket {chunk.Bucket} without its contribution");
        Refuse(chunk.Contribution!.Rank != session.Rank, $"the stream of rank {session.Rank} brings a chunk of rank {chunk.Contribution.Rank}");

        Arrival arrival;
        lock (state.Gate)
        {
            var open = _open;
            if (_stopped || open.IsLast)
                return;
            Refuse(chunk.Step > open.Version, $"rank {session.Rank} pushes step {chunk.Step}, the open one is {open.Version}");
            arrival = chunk.Step < open.Version ? Arrival.Duplicate : state.Add(chunk.Contribution, frame.TakePayload());
            if (arrival == Arrival.Complete)
            {
                // Stepping writes over the version before the committed one. Every rank has pushed, so nobody needs it any more.
                _previous = null;
                StepBucket(state, open);
            }
        }

        lock (_gate)
        {
            if (arrival == Arrival.Duplicate)
                Answer(session, chunk.Step, index);
            else if (arrival == Arrival.Complete)
                Publish(index);
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
            Refuse(report.Version > Version, $"rank {report.Rank} evaluates version {report.Version}, the server holds {Version}");
            if (_evaluations.Add(report) is { } total)
                _history?.Evaluated(total, Plan.EpochsAt(_open.Position));
        }
    }

    /// <summary>
    /// Ends training at a step's end: the open step may still close (its last chunks are on their way), then every stream is ended and the
    /// committed version is saved. If the step can't close within <paramref name="patience"/> and is half stepped, nothing is saved.
    /// </summary>
    public async Task StopAsync(TimeSpan patience)
    {
        lock (_gate)
        {
            _stopping = true;
            if (_open.IsLast || _sessions.Count == 0)
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

        if (!HalfStepped())
            await _checkpoints.SaveNowAsync(this, _open);
        if (_history is not null)
            await _history.FlushAsync();
    }

    private bool HalfStepped()
    {
        foreach (var state in _buckets)
        {
            lock (state.Gate)
            {
                if (state.Sum.IsComplete)
                    return true;
            }
        }

        return false;
    }

    /// <summary>The committed elements of a bucket; stable only while training is stopped or finished, or under the bucket's gate.</summary>
    public ReadOnlyMemory<float> Committed(Bucket bucket, long version) =>
        _versions.Of(version).AsMemory(bucket.Offset - Plan.Offset, bucket.Length);

    /// <summary>Copies one bucket of the committed version and its slots while no update can touch them.</summary>
    public void Capture(Snapshot snapshot, int index)
    {
        var state = _buckets[index];
        lock (state.Gate)
            CaptureLocked(snapshot, state);
    }

    private void CaptureLocked(Snapshot snapshot, BucketState state) =>
        snapshot.Capture(state.Bucket, Committed(state.Bucket, snapshot.Step.Version).Span, _update.Slots, Plan.Offset);

    /// <summary>Step 7 of the way of the data: from the sum over ranks to the next version's weights, for one bucket.</summary>
    private void StepBucket(BucketState state, OpenStep open)
    {
        if (_checkpoints.Pending is { } snapshot)
            CaptureLocked(snapshot, state);
        var bucket = state.Bucket;
        var current = Committed(bucket, open.Version).Span;
        var next = _versions.Of(open.Version + 1).AsSpan(bucket.Offset - Plan.Offset, bucket.Length);
        var sum = state.Sum.Total;
        _update.Step(bucket, new UpdateTime(open.Version, open.Rate, open.Rate), current, sum, next);
        foreach (var piece in bucket.Pieces.Where(p => p.Segment.IsBuffer))
        {
            var at = piece.Offset - bucket.Offset;
            Moments.Average(
                current.Slice(at, piece.Length),
                sum.Slice(at, piece.Length),
                next.Slice(at, piece.Length),
                state.Examples * piece.Segment.PositionsPerExample,
                Plan.Job.Spec.BatchNorm.Momentum);
        }
    }

    private void Publish(int index)
    {
        _stepped[index] = true;
        var frame = BucketFrame(Plan.Buckets[index], _open.Version + 1);
        foreach (var session in _sessions.Values)
            session.Send(frame);
        if (++_steppedCount == _buckets.Length)
            CloseStep();
    }

    private void CloseStep()
    {
        var closed = _open;
        var contributions = _buckets[0].Contributions;
        Refuse(_buckets[0].Examples != closed.Take, $"step {closed.Version} took {_buckets[0].Examples} examples instead of {closed.Take}");
        _history?.StepClosed(closed, Plan, [.. contributions.Select(c => c!)]);
        _previous = closed;
        _steppedCount = 0;
        Array.Clear(_stepped);
        var position = closed.Position.Advance(closed.Take, Plan.TrainExamples);
        // From here on a chunk of the closed step is stale; the sums may be emptied.
        var next = Plan.StepAt(closed.Version + 1, position);
        _open = _stopping ? next with { Take = 0, Evaluate = false } : next;
        foreach (var state in _buckets)
        {
            lock (state.Gate)
                state.Sum.Reset();
        }

        _checkpoints.Committed(this, _open);
        var head = HeadFrame(_open);
        foreach (var session in _sessions.Values)
            session.Send(head);
        if (_stopping)
            _quiet.TrySetResult();
    }

    /// <summary>What a replaying rank missed: the bucket, if it is already stepped, and behind the last bucket the head.</summary>
    private void Answer(RankSession session, long step, int index)
    {
        if (step == _open.Version && _stepped[index])
        {
            session.Send(BucketFrame(Plan.Buckets[index], step + 1));
        }
        else if (step == _open.Version - 1)
        {
            session.Send(BucketFrame(Plan.Buckets[index], step + 1));
            if (index == _buckets.Length - 1)
                session.Send(HeadFrame(_open));
        }
    }

    private Frame<ServerMessage> BucketFrame(Bucket bucket, long version) =>
        Frame<ServerMessage>.ToSend(
            new ServerMessage { Parameters = new ParameterChunk { Version = version, Bucket = bucket.Index } },
            Committed(bucket, version));

    private static Frame<ServerMessage> HeadFrame(OpenStep step) =>
        Frame<ServerMessage>.ToSend(new ServerMessage { Head = step.ToHead() });

    private static void Refuse(bool wrong, string reason)
    {
        if (wrong)
            throw new RpcException(new Status(StatusCode.FailedPrecondition, reason));
    }
}
