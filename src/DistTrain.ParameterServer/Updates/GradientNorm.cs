using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Threads;
using DistTrain.ParameterServer.Replicas;

namespace DistTrain.ParameterServer.Updates;

/// <summary>The squared norm of the whole averaged gradient: float64 sums by piece, added in layout order over all servers.</summary>
internal static class GradientNorm
{
    /// <summary>Σ g² of each of this server's pieces; 0 for buffers.</summary>
    public static double[] PieceSums(ReplicaGroup replica, BucketLoop loop)
    {
        var first = replica.Buckets.Count == 0 ? 0 : FirstPiece(replica);
        var sums = new double[replica.Buckets.Sum(b => b.Bucket.Pieces.Length)];
        loop.Run(replica.Buckets.Count, index =>
        {
            var state = replica.Buckets[index];
            foreach (var piece in state.Bucket.Pieces)
            {
                if (!piece.Segment.IsBuffer)
                    sums[piece.Index - first] = SquaredNorm.Of(state.Sum.Total.Slice(piece.Offset - state.Bucket.Offset, piece.Length));
            }
        });
        return sums;
    }

    /// <summary>What each rank said of the squared norm of its chunks, by bucket and rank.</summary>
    public static double[] RankSums(ReplicaGroup replica) =>
        [.. replica.Buckets.SelectMany(b => b.SquaredNorms)];

    /// <summary>The squared norm of each rank's whole gradient: its chunks' added in layout order.</summary>
    public static double[] TotalByRank(ReadOnlySpan<double> rankSums, int ranks)
    {
        var totals = new double[ranks];
        for (var i = 0; i < rankSums.Length; i++)
            totals[i % ranks] += rankSums[i];
        return totals;
    }

    public static double Total(ReadOnlySpan<double> pieceSums)
    {
        double total = 0;
        foreach (var sum in pieceSums)
            total += sum;
        return total;
    }

    private static int FirstPiece(ReplicaGroup replica) =>
        replica.Buckets.SelectMany(b => b.Bucket.Pieces).Select(p => p.Index).DefaultIfEmpty(0).First();
}
