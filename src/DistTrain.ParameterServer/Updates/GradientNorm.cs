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
            if (state.Bucket.Pieces.Length > 0)
                state.Sum.PieceSquares.CopyTo(sums.AsSpan(state.Bucket.Pieces[0].Index - first));
        });
        return sums;
    }

    /// <summary>What each rank said of the squared norm of its chunks, by bucket and rank.</summary>
    public static double[] RankSums(ReplicaGroup replica) =>
        [.. replica.Buckets.SelectMany(b => b.SquaredNorms)];

    /// <summary>By bucket: the squared norm of the averaged gradient there, then of what each rank pushed.</summary>
    public static double[] BucketSums(ReplicaGroup replica)
    {
        var ranks = replica.Ranks.Count;
        var sums = new double[replica.Buckets.Count * (1 + ranks)];
        for (var index = 0; index < replica.Buckets.Count; index++)
        {
            var (state, at) = (replica.Buckets[index], index * (1 + ranks));
            // The only rank's gradient is the average, and the rank has said its norm.
            sums[at] = ranks == 1 ? state.SquaredNorms[0] : Total(state.Sum.PieceSquares);
            for (var rank = 0; rank < ranks; rank++)
                sums[at + 1 + rank] = state.SquaredNorms[rank];
        }

        return sums;
    }

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
