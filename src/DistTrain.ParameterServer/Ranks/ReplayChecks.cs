using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Training.Steps;
using Google.Protobuf;

namespace DistTrain.ParameterServer.Ranks;

/// <summary>
/// The same gradient from two silos: whose is computed twice in a step and by whom, and whether the bytes are the same. On the job's leader; used
/// under the partition's gate.
/// </summary>
/// <remarks>
/// A step is a pure function of job, version and rank, so a difference is a processor, memory or library that computes wrong or otherwise: repeating
/// the step proves nothing, and the job ends.
/// </remarks>
internal sealed class ReplayChecks(PartitionPlan plan)
{
    private readonly string?[] _silos = new string?[plan.Tree.Ranks];
    private long _step = -1;
    private ReplayOrder? _order;
    private GradientDigest? _own;
    private GradientDigest? _again;

    /// <summary>Where a rank lives now.</summary>
    public void Joined(int rank, string silo) => _silos[rank] = silo;

    /// <summary>Who computes whose gradient a second time in a step; null: nobody. Asked again, it is the same answer.</summary>
    public ReplayOrder? OrderFor(OpenStep open)
    {
        if (open.Version > _step)
            (_step, _order, _own, _again) = (open.Version, NewOrder(open), null, null);
        return open.Version == _step ? _order : null;
    }

    /// <summary>Keeps what a rank has computed; what comes again, or is of another step, is ignored.</summary>
    public void Add(int from, GradientDigest digest)
    {
        if (digest.Step != _step || _order is null || digest.Rank != _order.Rank)
            return;
        if (from == _order.Rank)
            _own ??= digest;
        else if (from == _order.By)
            _again ??= digest;
    }

    /// <summary>Whose gradient was computed twice in this step and by whom, in words; null when none was.</summary>
    public string? CheckedIn(OpenStep closed) =>
        IsBoth(closed) ? $"rank {_order!.Rank} by rank {_order.By} on {(_silos[_order.Rank] == _silos[_order.By] ? "the same" : "another")} silo" : null;

    /// <summary>What is wrong with the two gradients, in words for the user; null when they are the same or there are not two.</summary>
    public string? DifferenceIn(OpenStep closed)
    {
        if (!IsBoth(closed) || _own!.Segments.SequenceEqual(_again!.Segments))
            return null;
        var (rank, by) = (_order!.Rank, _order.By);
        return $"step {closed.Version}, the gradient of rank {rank} on silo {_silos[rank]} is not what rank {by} on silo {_silos[by]} computes for it: "
            + $"they differ in {FirstDifference()}. One of the two computes wrong or otherwise: run both silos on the same kind of processor with the same build, and test their memory";
    }

    private bool IsBoth(OpenStep closed) => closed.Version == _step && _own is not null && _again is not null;

    private string FirstDifference()
    {
        var segments = plan.Layout.Segments;
        for (var i = 0; i < segments.Count; i++)
        {
            if (!Of(_own!, i).Equals(Of(_again!, i)))
                return segments[i].Name;
        }

        return "their number of tensors";

        static ByteString Of(GradientDigest digest, int segment) => segment < digest.Segments.Count ? digest.Segments[segment] : ByteString.Empty;
    }

    private ReplayOrder? NewOrder(OpenStep open)
    {
        var (every, ranks) = (plan.Job.Spec.Numerics.ReplayCheck, _silos.Length);
        // Where ranks train on their own, or the step takes no gradient, there is nothing to compare; nor before it is known where all of them live.
        if (open.IsLast || open.Kind != StepKind.Gradient || open.Sharing != Sharing.Together || open.Version % every != every - 1 || _silos.Contains(null))
            return null;
        var rank = (int)(open.Version / every % ranks);
        var others = Enumerable.Range(1, ranks - 1).Select(i => (rank + i) % ranks);
        return new ReplayOrder { Rank = rank, By = others.Where(r => _silos[r] != _silos[rank]).DefaultIfEmpty((rank + 1) % ranks).First() };
    }
}
