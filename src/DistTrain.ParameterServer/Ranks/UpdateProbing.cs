using DistTrain.Optimization.Landscape;
using DistTrain.ParameterServer.Metrics;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Ranks;

/// <summary>
/// The probe of an update while a job trains: between two steps the ranks say the loss at scales of the update, which are found out here; or rank 0 says the
/// curvature where it ends, or how smooth the loss is along its step's gradient. On the job's leader; used under the partition's gate.
/// </summary>
/// <remarks>
/// The version before the update is still there: none of the next step's buckets is stepped before every rank has pushed, and no rank pushes before the
/// probe is over. A rank that is lost in the middle of it begins again and is given the same scales. Where rank 0 alone looks, the others go on to their
/// next push, and wait for its.
/// </remarks>
/// <param name="plan">The partition's plan.</param>
/// <param name="sessions">The ranks' streams.</param>
/// <param name="history">Records it: a checkpoint of the version is not complete before.</param>
internal sealed class UpdateProbing(PartitionPlan plan, RankSessions sessions, TrainingHistory history)
{
    private readonly List<double> _scales = [];
    private readonly ProbedLoss?[] _losses = new ProbedLoss?[plan.Tree.Ranks];
    private ProbeMetrics? _metrics;
    private CriticalScale _search = new();
    private bool _isOpen;
    private double _rate;

    /// <summary>A step has closed: its update is probed, if that is due and the ranks go on together.</summary>
    public void Begin(OpenStep closed, OpenStep next, bool isSkipped)
    {
        var version = closed.Version + 1;
        var isUpdate = closed is { Kind: StepKind.Gradient, Rate: > 0, EndsWithMean: false } && !isSkipped;
        if (!plan.Job.Spec.UpdateProbe.IsDue(version) || !isUpdate || closed.Sharing != Sharing.Together || next.Sharing != Sharing.Together)
            return;
        _rate = closed.Rate;
        // Where the last one found it, or the end that it came to: curvature changes slowly.
        _search = new CriticalScale(history.LastProbe is { } last ? 2 / (SharpnessOf(last) * _rate) : 1);
        _scales.Clear();
        _scales.Add(0);
        Array.Clear(_losses);
        _isOpen = true;
        var metrics = _metrics = new ProbeMetrics { Step = version, Epoch = plan.Course.EpochsAt(next.Position), Edge = 2 / _rate };
        history.Pending.Add(new MetricsEvent { Probe = metrics }, () => metrics.Passes > 0 || metrics.Examples > 0);
    }

    /// <summary>Of the update that is probed.</summary>
    public double Rate => _rate;

    /// <summary>The update that made a version waits to be probed.</summary>
    public bool Awaits(long version) => _isOpen && version == _metrics!.Step;

    /// <summary>A rank says its share of the loss at the scale of a turn.</summary>
    public void Add(RankSession session, ProbedLoss loss)
    {
        if (_metrics is null || loss.Version != _metrics.Step || loss.Turn >= _scales.Count)
            return;
        // It comes again to what the others have been answered.
        if (loss.Turn < _scales.Count - 1 || !_isOpen)
        {
            Answer(session, loss.Turn + 1);
            return;
        }

        _losses[session.Rank] = loss;
        if (_losses.Contains(null))
            return;
        _search.Take(plan.Tree.Sum([.. _losses.Select(l => l!.LossSum)]) / _losses.Sum(l => l!.Examples));
        Array.Clear(_losses);
        if (_search.IsDone)
            End();
        else
            _scales.Add(_search.Next);
        foreach (var rank in sessions.Of([.. Enumerable.Range(0, plan.Tree.Ranks)]))
            Answer(rank, loss.Turn + 1);
    }

    /// <summary>Rank 0 says the curvature; a second time after it was lost, to the same bits.</summary>
    public void Add(ProbedCurvature found)
    {
        if (!Awaits(found.Version))
            return;
        var metrics = _metrics!;
        (metrics.Loss, metrics.Products) = (found.LossSum / found.Examples, found.Products);
        if (found.Products > 0)
        {
            (metrics.LambdaMax, metrics.LambdaMin) = (found.LambdaMax, found.LambdaMin);
            (metrics.LambdaMaxResidual, metrics.LambdaMinResidual) = (found.LambdaMaxResidual, found.LambdaMinResidual);
            metrics.GradientNorm = found.GradientNorm;
            if (found.HasPositive)
                (metrics.Positive, metrics.Negative) = (found.Positive, found.Negative);
        }

        Complete(found.Examples);
    }

    /// <summary>Rank 0 says the smoothness; a second time after it was lost, to the same bits.</summary>
    public void Add(ProbedSmoothness found)
    {
        if (!Awaits(found.Version))
            return;
        var metrics = _metrics!;
        (metrics.Loss, metrics.Passes) = (found.LossSum / found.Examples, found.Passes);
        if (found.Beta > 0)
        {
            metrics.GradientNorm = found.GradientNorm;
            metrics.Smoothness = new SmoothnessMetrics { Beta = found.Beta, LossLow = found.LossLow, LossHigh = found.LossHigh, ChangeLow = found.ChangeLow, ChangeHigh = found.ChangeHigh };
        }

        Complete(found.Examples);
    }

    /// <summary>Rank 0 has looked, at so many examples.</summary>
    private void Complete(int examples)
    {
        _metrics!.Examples = examples;
        _isOpen = false;
        history.Pending.Look();
    }

    private static double SharpnessOf(ProbeMetrics probe) =>
        probe.HasCriticalSharpness ? probe.CriticalSharpness : probe.HasHigh ? probe.High : probe.Low > 0 ? probe.Low : probe.Edge;

    private void End()
    {
        _isOpen = false;
        var metrics = _metrics!;
        (metrics.Loss, metrics.Low) = (_search.LossBefore, 2 / (_search.High * _rate));
        if (_search.Low > 0)
            metrics.High = 2 / (_search.Low * _rate);
        if (_search.Scale is { } scale)
            metrics.CriticalSharpness = 2 / (scale * _rate);
        metrics.Passes = _search.Passes;
        history.Pending.Look();
    }

    private void Answer(RankSession session, int turn) => session.Send(Frame<ServerMessage>.ToSend(new ServerMessage
    {
        Scale = new ProbedScale { Version = _metrics!.Step, Turn = turn, Scale = turn < _scales.Count ? _scales[turn] : 0, Done = turn >= _scales.Count },
    }));
}
