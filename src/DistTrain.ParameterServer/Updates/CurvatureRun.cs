using System.Numerics;
using System.Runtime.InteropServices;
using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Exchanges;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Training.Steps;
using Verdict = DistTrain.Training.Steps.Verdict;

namespace DistTrain.ParameterServer.Updates;

/// <summary>A probe's part on this server in one precision.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal sealed class CurvatureRun<T> : ProbeRun
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly PartitionPlan _plan;
    private readonly ReplicaSet _replicas;
    private readonly NormSharing _norms;
    private readonly CheckpointSaver _checkpoints;
    private readonly VectorPart _part;
    private readonly CurvaturePlan _wanted;
    private readonly float[] _weights;
    private readonly List<long> _firsts = [];
    private readonly List<long> _searches = [];
    private CurvatureProbe<T>? _probe;
    private SharpnessProbe<T>? _boxes;
    private ProbeProgress? _progress;
    private (long Step, int Turn) _exchange;

    public CurvatureRun(PartitionPlan plan, ReplicaSet replicas, NormSharing norms, CheckpointSaver checkpoints, RestoredVersion start)
    {
        (_plan, _replicas, _norms, _checkpoints, _wanted) = (plan, replicas, norms, checkpoints, plan.Probe!.Plan);
        _part = new VectorPart(plan.Layout, plan.Layout.BucketsOf(plan.Server, plan.Servers));
        float[] At(long version) => version == start.Open.Version ? start.Vectors[0] : start.Earlier[version];
        _weights = At(0);
        if (start.Open.Probe is not { } progress)
            return;
        _progress = progress;
        _firsts.AddRange(progress.Recursions.Select(recursion => recursion.First));
        _probe = new CurvatureProbe<T>(_part, Add, _wanted, ProbeState.Of(_part, progress, start.Open.Version, version => Part(At(version))));
        if (progress.Searches is not { } searches)
            return;
        _searches.AddRange(searches.Select(search => search.First));
        _boxes = new SharpnessProbe<T>(
            _part, Add, _wanted.Sharpness!, Part(_weights), [.. searches.Select(search => search.Record)], (search, pass) => Part(At(_searches[search] + pass)));
    }

    /// <summary>On a thread of its own: the recursion waits several times in a step for the other servers, and no thread of the pool waits with it.</summary>
    /// <inheritdoc/>
    public override Task<Verdict> StepAllAsync(ReplicaGroup replica, Action<int> stepped) =>
        Task.Factory.StartNew(() => StepAll(replica, stepped), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private Verdict StepAll(ReplicaGroup replica, Action<int> stepped)
    {
        var open = replica.Open;
        replica.Times?.UpdateBegins();
        _exchange = (open.Version, 0);
        if ((_probe is null ? Begin(replica) : _probe.Next is null ? TakeLoss(replica) : Take(replica)) is { } fault)
            return Verdict.Fault(fault);
        if (_probe!.Next is null && _wanted.Sharpness is { } boxes)
            _boxes ??= new SharpnessProbe<T>(_part, Add, boxes, Part(_weights));
        _progress = _progress! with { Recursions = Recursions(open.Version), Searches = Searches(open.Version) };
        _replicas.ForgetBefore(replica);
        Write(replica, stepped);
        replica.Times?.UpdateEnds();
        return default;
    }

    /// <inheritdoc/>
    public override OpenStep Next(OpenStep closed) =>
        new(closed.Version + 1, closed.Position, Take: Awaited is null ? 0 : closed.Take, Evaluate: false, Rate: 0)
        {
            Kind = _boxes?.Next is null ? StepKind.Gradient : StepKind.Point,
            Probe = _progress,
        };

    /// <inheritdoc/>
    public override ReadOnlyMemory<float>? Vector(ProbeVector which)
    {
        if (which == ProbeVector.Weights)
            return _weights;
        if ((which == ProbeVector.Smallest ? _probe?.SmallestVector : _probe?.LargestVector) is not { } found)
            return null;
        var run = new float[_plan.Length * _plan.Width];
        MemoryMarshal.Cast<T, float>(found.Span).CopyTo(run);
        return run;
    }

    /// <summary>The gradient at the weights is there.</summary>
    /// <returns>Why nothing can be found; null: it can.</returns>
    private string? Begin(ReplicaGroup replica)
    {
        var said = Said(replica);
        var gradient = Sum(replica);
        var norm = Math.Sqrt(BucketDot.Of<T>(_part, gradient, gradient, Add));
        _progress = new ProbeProgress(said.Examples, said.LossSum, said.Correct, norm, []);
        if (!double.IsFinite(_progress.Loss) || !double.IsFinite(norm))
            return $"the loss here is {_progress.Loss} and the norm of its gradient {norm}: where they are not finite there is no curvature{Wider}";
        _probe = new CurvatureProbe<T>(_part, Add, _wanted);
        return null;
    }

    /// <summary>A product is there.</summary>
    private string? Take(ReplicaGroup replica)
    {
        try
        {
            _probe!.Take(Sum(replica));
            return null;
        }
        catch (ArithmeticException e)
        {
            return $"{e.Message}, though loss and gradient are finite{Wider}";
        }
    }

    /// <summary>Loss and gradient at a point of a box are there.</summary>
    private string? TakeLoss(ReplicaGroup replica)
    {
        var said = Said(replica);
        _boxes!.Take(said.LossSum / said.Examples, Sum(replica));
        return null;
    }

    /// <summary>What is awaited next; null: all is found.</summary>
    private ReadOnlyMemory<T>? Awaited => _probe!.Next ?? _boxes?.Next;

    private static (int Examples, double LossSum, double Correct) Said(ReplicaGroup replica) => RankTree.Reduce(
        [.. replica.Buckets[0].Contributions.Select(c => (c!.Examples, c.LossSum, c.Correct))],
        (left, right) => (left.Examples + right.Examples, left.LossSum + right.LossSum, left.Correct + right.Correct));

    private static string Wider => typeof(T) == typeof(float) ? "; precision: float64 reaches further" : "";

    /// <summary>All of them, once the sums of a step are taken in: its version was the last of those that are not done, the next may begin one.</summary>
    private IReadOnlyList<ProbeRecursion> Recursions(long version)
    {
        var state = _probe!.State;
        if (_probe.Next is not null && _firsts.Count == state.Finished.Count)
            _firsts.Add(version + 1);
        List<ProbeRecursion> all = [.. state.Finished.Select((done, index) => new ProbeRecursion(_firsts[index], 0, IsDone: true, done.Alphas, done.Betas))];
        if (_probe.Next is not null)
            all.Add(new ProbeRecursion(_firsts[^1], state.Restarts, IsDone: false, [.. state.Current.Alphas], [.. state.Current.Betas]));
        return all;
    }

    /// <summary>All searches in boxes, likewise; null: there is none yet.</summary>
    private IReadOnlyList<ProbeSearch>? Searches(long version)
    {
        var records = _boxes?.Records;
        if (records is not null && _searches.Count < records.Count)
            _searches.Add(version + 1);
        return records is null ? null : [.. records.Select((record, index) => new ProbeSearch(_searches[index], record))];
    }

    private void Write(ReplicaGroup replica, Action<int> stepped)
    {
        var next = Awaited;
        for (var index = 0; index < replica.Buckets.Count; index++)
        {
            var state = replica.Buckets[index];
            lock (state.Gate)
            {
                if (_checkpoints.Pending is { } snapshot && snapshot.Replica == replica)
                    replica.CaptureLocked(snapshot, state);
                var target = MemoryMarshal.Cast<float, T>(replica.Next(state.Bucket).Span);
                target.Clear();
                if (next is { } direction && index < _part.Buckets.Count)
                    direction.Span[_part.Of(index)].CopyTo(target);
            }

            stepped(index);
        }
    }

    /// <summary>What the ranks have pushed, added up, [part.Length].</summary>
    private T[] Sum(ReplicaGroup replica)
    {
        var sum = new T[_part.Length];
        for (var index = 0; index < _part.Buckets.Count; index++)
        {
            var here = _part.Of(index);
            MemoryMarshal.Cast<float, T>(replica.Buckets[index].Sum.Total)[..(here.End.Value - here.Start.Value)].CopyTo(sum.AsSpan(here));
        }

        return sum;
    }

    /// <summary>The trainable elements of a run, [part.Length].</summary>
    private Memory<T> Part(float[] run)
    {
        var vector = AlignedVector.Allocate<T>(_part.Length);
        MemoryMarshal.Cast<float, T>(run)[.._part.Length].CopyTo(vector.Span);
        return vector;
    }

    /// <summary>Waits for the other servers.</summary>
    private double[] Add(double[] partials, int quantities)
    {
        var (step, turn) = _exchange;
        _exchange = (step, turn + 1);
        var all = _norms.AllAsync(group: 0, step, NormRound.Curvature, partials, turn).AsTask().GetAwaiter().GetResult();
        return BucketOrder.Add(all.ToArray(), quantities);
    }
}
