using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Replicas;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.ParameterServer.Exchanges;

/// <summary>
/// Where the ranks of a scope learn the moments of their batches together (synchronized BatchNorm); on the job's leader. Merged in rank-tree
/// order, so the answer has the same bits whoever comes first.
/// </summary>
internal sealed class MomentSharing(PartitionPlan plan) : IDisposable
{
    private readonly Rounds<MomentRoundKey, MomentShare, MomentTotal> _rounds = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly int _groupSize = plan.Job.Spec.BatchNorm.Scope.RanksOf(plan.Job.Spec.Workers);

    /// <summary>
    /// Adds a rank's share; completes with the total of its scope. A share of another rank, computed a second time, adds nothing: what counts is that
    /// rank's own, also if it comes later.
    /// </summary>
    /// <exception cref="RpcException">FAILED_PRECONDITION: the share fits no layer; CANCELLED: training was stopped.</exception>
    public async Task<MomentTotal> ShareAsync(int rank, MomentShare share, CancellationToken cancellation)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stop.Token);
        try
        {
            return await Add(rank, share).WaitAsync(ends.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw Stopped();
        }
    }

    /// <summary>The same for a thread of its own, which blocks: what the last rank brings reaches the others without a turn of the thread pool.</summary>
    /// <exception cref="RpcException">As there.</exception>
    public MomentTotal Share(int rank, MomentShare share, CancellationToken cancellation)
    {
        var total = Add(rank, share);
        if (!total.IsCompleted)
        {
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stop.Token);
            try
            {
                total.Wait(ends.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                throw Stopped();
            }
        }

        return total.Result;
    }

    /// <summary>Whoever waits ends.</summary>
    public void Stop() => _stop.Cancel();

    public void Dispose() => _stop.Dispose();

    private static RpcException Stopped() => new(new Status(StatusCode.Cancelled, "training has been stopped"));

    private Task<MomentTotal> Add(int rank, MomentShare share)
    {
        var round = share.Round;
        Refusal.If(round is null, $"rank {rank} shares moments of no round");
        var segments = plan.Layout.Segments;
        var layer = round!.Layer;
        Refusal.If(layer < 0 || layer >= segments.Count || segments[layer].Kind != SegmentKind.Statistics || share.Values.Count != segments[layer].Length, $"rank {rank} shares {share.Values.Count} values of layer {layer}, which has none such");
        Refusal.If(share.Count < 0, $"rank {rank} shares moments of {share.Count} values");
        var of = share.HasReplayed ? share.Replayed : rank;
        Refusal.If(of < 0 || of >= plan.Job.Spec.Workers, $"rank {rank} shares moments of rank {of}");
        var group = of - (of % _groupSize);
        var members = Math.Min(_groupSize, plan.Job.Spec.Workers - group);
        var key = new MomentRoundKey(group, round.Step, round.MicroBatch, layer, round.Pass);
        return share.HasReplayed ? _rounds.TotalAsync(key, members) : _rounds.ShareAsync(key, rank - group, members, share, Total);
    }

    private static MomentTotal Total(IReadOnlyList<MomentShare> shares)
    {
        var total = new MomentTotal { Round = shares[0].Round };
        if (shares[0].Round.Pass == MomentPass.Forward)
        {
            var moments = BatchMoments.Merge([.. shares.Select(s => s.ToMoments())]);
            total.Count = moments.Count;
            total.Values.AddRange(moments.Mean);
            total.Values.AddRange(moments.SquaredDeviations);
        }
        else
        {
            total.Count = shares.Sum(s => s.Count);
            total.Values.AddRange(BatchMoments.Sum([.. shares.Select(s => s.Values.ToArray())]));
        }

        return total;
    }
}
