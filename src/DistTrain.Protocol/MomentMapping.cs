using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Parameters;
using Google.Protobuf.Collections;

namespace DistTrain.Protocol;

/// <summary>Moments as messages: means, then sums of squared deviations.</summary>
public static class MomentMapping
{
    /// <summary>Bytes that the share or total of any of the layers has at most.</summary>
    public static int LargestBytes(ParameterLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        const int Rest = 128; // The round, the count, and what the fields begin with.
        return (sizeof(double) * layout.Segments.Where(s => s.Kind == SegmentKind.Statistics).Select(s => s.Length).DefaultIfEmpty().Max()) + Rest;
    }

    public static BatchMoments ToMoments(this MomentShare share) => Of(share.Count, share.Values);

    public static BatchMoments ToMoments(this MomentTotal total) => Of(total.Count, total.Values);

    public static MomentShare ToShare(this BatchMoments moments, MomentRound round)
    {
        var share = new MomentShare { Round = round, Count = moments.Count };
        share.Values.AddRange(moments.Mean);
        share.Values.AddRange(moments.SquaredDeviations);
        return share;
    }

    private static BatchMoments Of(long count, RepeatedField<double> values)
    {
        var all = new double[values.Count];
        values.CopyTo(all, 0);
        return new BatchMoments(count, all[..(all.Length / 2)], all[(all.Length / 2)..]);
    }
}
