using DistTrain.Optimization.Gradients;
using DistTrain.Torch.Replicas;

namespace DistTrain.Worker.Ranks;

/// <summary>Says where a gradient stopped being a number.</summary>
internal static class NotFinite
{
    /// <summary>The tensors of a gradient, or of its moments, that are not finite, or the loss, in words; null when all of it is.</summary>
    public static string? In(Replica replica, double lossSum)
    {
        var gradient = replica.Gradient;
        if (double.IsFinite(lossSum) && double.IsFinite(SquaredNorm.Of<float>(gradient.Span)))
            return null;
        var tensors = replica.Layout.Segments
            .Where(s => !double.IsFinite(SquaredNorm.Of<float>(gradient.Span.Slice(s.Offset, s.Length))))
            .Select(s => s.Name)
            .ToList();
        return tensors.Count == 0 ? $"the loss is {lossSum}" : $"the gradient of {string.Join(", ", tensors)} is not finite";
    }

    /// <summary>The fault of a rank whose gradient or loss is not finite.</summary>
    public static RankFaultException Fault(Replica replica, int rank, long step, double lossSum) =>
        new($"rank {rank}, step {step}: {In(replica, lossSum)}. Lower optimizer.lr, warm the rate up, or check the data for values that are not finite");
}
