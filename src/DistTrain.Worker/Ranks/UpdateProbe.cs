using System.Diagnostics;
using DistTrain.Protocol;
using DistTrain.Torch.Replicas;

namespace DistTrain.Worker.Ranks;

/// <summary>
/// A rank's part of the probe of an update: the loss over its shard of the step that made the update, in evaluation mode, at the weights before it plus
/// scales of it. Buffers stay those of before. The replica ends as it began, so no later bit depends on it.
/// </summary>
/// <param name="gradient">Knows the rank's shards.</param>
/// <param name="rank">The rank.</param>
/// <param name="replica">Holds the version that the update made.</param>
/// <param name="servers">The rank's streams.</param>
/// <param name="stop">Ends it.</param>
internal sealed class UpdateProbe(ShareGradient gradient, int rank, Replica replica, ServerAttachment servers, CancellationToken stop)
{
    /// <summary>Says the loss wherever the leader wants it.</summary>
    /// <param name="head">Of the version that the replica holds.</param>
    /// <returns>Milliseconds spent.</returns>
    /// <exception cref="OperationCanceledException">The rank is to stop.</exception>
    public double Run(VersionHead head)
    {
        var started = Stopwatch.GetTimestamp();
        var after = replica.Parameters.ToArray();
        replica.Rewrite();
        var stepped = servers.Pull(head.Version - 1);
        var (examples, divisor) = (gradient.ExamplesOf(stepped, rank), gradient.DivisorOf(stepped, rank));
        var before = replica.Parameters.ToArray();
        for (var at = new ProbedScale(); !at.Done; at = servers.Inbox.WaitForScale(head.Version, at.Turn + 1))
        {
            Place(before, after, at.Scale);
            var result = replica.Evaluate(gradient.DataOf(stepped), examples.Span, divisor, stop);
            servers.Streams[0].Send(new RankMessage
            {
                Probed = new ProbedLoss { Version = head.Version, Turn = at.Turn, Examples = result.Examples, LossSum = result.LossSum },
            });
        }

        replica.Rewrite();
        after.CopyTo(replica.Parameters);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private void Place(float[] before, float[] after, double scale)
    {
        replica.Rewrite();
        var parameters = replica.Parameters.Span;
        for (var i = 0; i < replica.Layout.TrainableLength; i++)
            parameters[i] = (float)(before[i] + (scale * (after[i] - (double)before[i])));
    }
}
