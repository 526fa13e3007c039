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
using DistTrain.Training.Steps;
using Grpc.Core;

namespace DistTrain.ParameterServer.Partitions;

/// <summary>
/// The part of one job that this server owns, as its ranks and its grain see it: it takes ranks in, sends them versions and ends.
/// What ranks push is counted by <see cref="GradientIntake"/>; what a complete step leads to is <see cref="StepClosing"/>. <see cref="PhaseStore.Gate"/> guards sessions and what belongs to whole steps; a
/// bucket's gate is never held while it is taken.
/// </summary>
internal sealed class Partition : IDisposable
{
    /// <summary>How long servers that have stopped may take to tell each other of closed steps: as a rule a call that is under way.</summary>
    private static readonly TimeSpan TellPatience = TimeSpan.FromSeconds(5);

    private readonly PhaseStore _phase = new();
    private readonly RankSessions _sessions = new();
    private readonly ReplicaSet _replicas;
    private readonly RankFeed _feed;
    private readonly CourseFollower _course;
    private readonly Dictionary<EvaluationSet, EvaluationTally> _evaluations;
    private readonly ReplayChecks? _replays;
    private readonly SquareTelling? _squares;
    private readonly UpdateProbing? _probing;

    /// <param name="plan">What the partition is a part of.</param>
    /// <param name="checkpoints">Saves it.</param>
    /// <param name="history">Records it, on the leader.</param>
    /// <param name="peers">Reaches the other servers.</param>
    /// <param name="restored">What it starts from; null: version 0 of a job that trains.</param>
    public Partition(PartitionPlan plan, CheckpointSaver checkpoints, TrainingHistory? history, PeerChannels peers, RestoredVersion? restored = null)
    {
        (Plan, Checkpoints, History) = (plan, checkpoints, history);
        Norms = new NormSharing(plan, peers);
        Moments = plan.IsLeader && plan.Job.Spec.BatchNorm.Scope.IsShared ? new MomentSharing(plan) : null;
        _replays = plan.IsLeader && plan.Job.Spec.Numerics.ReplayCheck > 0 ? new ReplayChecks(plan) : null;
        _evaluations = plan.EvaluationSets.ToDictionary(set => set, _ => new EvaluationTally(plan.Tree, plan.Job.Spec.Dataset));
        var loop = new BucketLoop(plan.Threads);
        _replicas = new ReplicaSet(plan, loop, restored?.Open ?? plan.Course.First(), together =>
        {
            if (restored is null)
                together.FillVersionZero();
            else
                together.Fill(restored);
        });
        _probing = history is not null && plan.Probe is null && plan.Job.Spec.UpdateProbe.EverySteps > 0 ? new UpdateProbing(plan, _sessions, history) : null;
        _feed = new RankFeed(plan, _replicas, _sessions, _replays, _probing, () => _phase.Now.LastStep);
        Probe = plan.Probe is null ? null : ProbeRun.Of(plan, _replicas, Norms, checkpoints, restored!);
        _squares = plan.IsLeader ? null : new SquareTelling(plan, Norms.TellAsync);
        _course = new CourseFollower(plan, history, _replays, Probe, _squares, _probing);
        var update = (IReplicaUpdate?)Probe ?? new ReplicaUpdate(plan, _replicas, Norms, checkpoints, loop);
        var closing = new StepClosing(plan, _phase, _replicas, _feed, update, checkpoints, _course, _replays);
        Gradients = new GradientIntake(plan, _phase, _replicas, update, closing, _feed, loop);
    }

    public PartitionPlan Plan { get; }

    public CheckpointSaver Checkpoints { get; }

    public TrainingHistory? History { get; }

    /// <summary>Takes what ranks push.</summary>
    public GradientIntake Gradients { get; }

    /// <summary>What is found where it is a probe's; null: it trains.</summary>
    public ProbeRun? Probe { get; }

    public NormSharing Norms { get; }

    /// <summary>Where ranks meet for synchronized BatchNorm; null on servers that do not lead, and where each rank is by itself.</summary>
    public MomentSharing? Moments { get; }

    /// <summary>The committed version; while ranks have replicas of their own, the lowest.</summary>
    public long Version => _replicas.ByRank.Min(r => r.Open.Version);

    /// <summary>All ranks train one replica: there is one committed version.</summary>
    public bool IsTogether => _replicas.First.IsCommon;

    /// <summary>Steps of the whole job; at most, until the last one is known.</summary>
    public long TotalSteps => _replicas.First.Open is { IsLast: true } last ? last.Version : Plan.TotalSteps;

    public bool Stopped => _phase.IsStopped;

    /// <summary>Ranks train here, or the job's grain has stopped them and has still to seal what was saved.</summary>
    public bool IsInUse
    {
        get
        {
            lock (_phase.Gate)
                return _phase.Now.IsOver || !_sessions.IsEmpty;
        }
    }

    /// <summary>Why the partition can't go on, or null.</summary>
    public string? Error => _phase.Error ?? Checkpoints.Error;

    /// <summary>What the user should know of the course of training, or null.</summary>
    public string? Note => _course.Note;

    /// <summary>Why the open step must not be taken, or null. Nothing more is committed.</summary>
    public StepFault? Fault => _phase.Fault;

    /// <summary>The last version is committed and, on the leader, evaluated by every rank and recorded with all that is told of it.</summary>
    public bool Finished
    {
        get
        {
            lock (_phase.Gate)
            {
                var open = _replicas.First.Open;
                return IsTogether && open.IsLast && (!Plan.IsLeader || !open.Evaluate || _evaluations.Values.All(tally => tally.IsComplete(open.Version))) && History is not { Pending.IsEmpty: false };
            }
        }
    }

    /// <summary>Saves the version that it starts from, which could not be made again.</summary>
    public void SaveStart()
    {
        lock (_phase.Gate)
            Checkpoints.SaveStart(_replicas.First);
    }

    /// <summary>The step that waits at the committed version, as checkpoints have it.</summary>
    public OpenStep Open => _replicas.First.Open;

    /// <summary>Takes a rank's stream in; a stream that the rank had before is superseded.</summary>
    public RankSession Join(JoinRequest request)
    {
        RankAdmission.Require(Plan, request);
        var session = RankSession.Of(request, Plan, out var answer);
        lock (_phase.Gate)
        {
            if (_phase.IsStopped)
                throw new RpcException(new Status(StatusCode.Cancelled, "training has been stopped"));
            _sessions.Add(session);
            _replays?.Joined(request.Rank, request.Silo);
            var replica = _replicas.Of(request.Rank);
            session.Send(Frame<ServerMessage>.ToSend(new ServerMessage
            {
                Joined = new Joined { OpenStep = replica.Open.Version, Gradient = answer, Versions = session.Offer(replica.Region) },
            }));
            return session;
        }
    }

    public void Leave(RankSession session)
    {
        lock (_phase.Gate)
        {
            _sessions.Remove(session);
            if (_phase.Now.IsOver && _sessions.IsEmpty)
                _phase.Quieten();
        }
    }

    /// <summary>Sends all buckets and the head of a version that the rank may step from: the committed one or the one before it.</summary>
    public void Pull(RankSession session, long version)
    {
        lock (_phase.Gate)
        {
            var replica = _replicas.Holding(session.Rank, version);
            Refusal.If(replica is null, $"rank {session.Rank} asks for version {version}, the server holds {_replicas.Of(session.Rank).Open.Version}");
            History?.TrainingStarts();
            _feed.SendVersion(session, replica!, version);
        }
    }

    /// <summary>Keeps the digest of a gradient that two ranks compute (leader only).</summary>
    public void Digest(RankSession session, GradientDigest digest)
    {
        Refusal.If(_replays is null, $"rank {session.Rank} sends a digest, and gradients are compared elsewhere or not at all");
        lock (_phase.Gate)
            _replays!.Add(session.Rank, digest);
    }

    /// <summary>Another server tells of a step that has closed there (leader only).</summary>
    public void SquaresTold(int server, long version, double[] squares) => History!.Pending.Take(server, version, squares);

    /// <summary>The rank says its share of the loss along an update (leader only).</summary>
    public void Probed(RankSession session, ProbedLoss loss)
    {
        Refusal.If(_probing is null, $"rank {session.Rank} says a loss along an update, which is probed elsewhere or not at all");
        lock (_phase.Gate)
            _probing!.Add(session, loss);
    }

    /// <summary>The rank says the curvature where an update has ended (leader only).</summary>
    public void Probed(RankSession session, ProbedCurvature found)
    {
        Refusal.If(_probing is null || session.Rank != 0, $"rank {session.Rank} says a curvature, which is probed elsewhere, by another rank, or not at all");
        lock (_phase.Gate)
            _probing!.Add(found);
    }

    /// <summary>The rank says how smooth the loss is along the gradient of the step that made a version (leader only).</summary>
    public void Probed(RankSession session, ProbedSmoothness found)
    {
        Refusal.If(_probing is null || session.Rank != 0, $"rank {session.Rank} says a smoothness, which is probed elsewhere, by another rank, or not at all");
        lock (_phase.Gate)
            _probing!.Add(found);
    }

    /// <summary>The rank says whether it sees the versions in memory.</summary>
    public void Answer(RankSession session, RegionAnswer answer)
    {
        lock (_phase.Gate)
            session.Answer(answer);
    }

    /// <summary>Counts one rank's share of an evaluation (leader only).</summary>
    public void Evaluate(RankSession session, EvaluationReport report)
    {
        Refusal.If(report.Rank != session.Rank, $"the stream of rank {session.Rank} brings an evaluation of rank {report.Rank}");
        lock (_phase.Gate)
        {
            if (_phase.IsStopped)
                return;
            var replica = _replicas.Of(report.Rank);
            Refusal.If(report.Version > replica.Open.Version, $"rank {report.Rank} evaluates version {report.Version}, the server holds {replica.Open.Version}");
            Refusal.If(!_evaluations.ContainsKey(report.Set), $"rank {report.Rank} evaluates version {report.Version} on a {report.Set} set, and the job has none");
            // What is evaluated is common to all replicas, so the epoch is the same for all.
            if (_evaluations[report.Set].Add(report) is { } total)
                History?.Evaluated(total, Plan.Course.EpochsAt(replica.Open.Position), report.Set);
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
        lock (_phase.Gate)
        {
            _phase.EndAfter(_replicas.First.Open.Version);
            if (!IsTogether || _sessions.IsEmpty)
                _phase.Quieten();
        }

        await Task.WhenAny(_phase.Quiet, Task.Delay(patience));
        lock (_phase.Gate)
        {
            _phase.Stop();
            _sessions.EndAll(StatusCode.Cancelled, "training has been stopped");
        }

        // What the servers have to tell each other of closed steps; one that is gone tells nothing.
        await Task.WhenAny(Task.WhenAll(_squares?.Told ?? Task.CompletedTask, History?.Pending.Until(Version) ?? Task.CompletedTask), Task.Delay(TellPatience));
        History?.Pending.Forsake();
        Norms.Stop();
        Moments?.Stop();
        // A step that was judged faulty has touched nothing, though its sums are complete.
        var isUntouched = Fault is not null && _replicas.First.SteppedCount == 0;
        if (IsTogether && (isUntouched || !_replicas.First.IsHalfStepped()))
            await Checkpoints.SaveNowAsync(_replicas.First);
        else
            await Checkpoints.FinishAsync();
        Checkpoints.FlushHistory();
    }

    /// <summary>Ends without saving, for a newer generation of the job on this server: what is not in a checkpoint is done again.</summary>
    public async Task AbandonAsync()
    {
        lock (_phase.Gate)
        {
            _phase.Stop();
            _sessions.EndAll(StatusCode.Aborted, "the job goes on in a newer generation");
        }

        History?.Pending.Forsake();
        Norms.Stop();
        Moments?.Stop();
        await Checkpoints.FinishAsync();
        History?.End();
    }

    /// <summary>The committed elements of a bucket, of a partition at rest.</summary>
    public ReadOnlyMemory<float> Committed(Bucket bucket) => _replicas.First.Committed(bucket);

    public void Dispose()
    {
        Norms.Dispose();
        Moments?.Dispose();
        History?.Dispose();
        _replicas.Dispose();
    }
}
