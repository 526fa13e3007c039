using DistTrain.Torch.Replicas;

namespace DistTrain.Worker.Ranks;

/// <summary>Says where a gradient stopped being a number.</summary>
internal static class NotFinite
{
    public static RankFaultException Describe(Replica replica, int rank, long step, double lossSum)
    {
        var tensors = replica.Layout.Segments
            .Where(s => replica.Gradient.Span.Slice(s.Offset, s.Length).ContainsAnyNotFinite())
            .Select(s => s.Name)
            .ToList();
        var where = tensors.Count == 0 ? $"the loss is {lossSum}" : $"the gradient of {string.Join(", ", tensors)} is not finite";
        return new RankFaultException(
            $"rank {rank}, step {step}: {where}. Lower optimizer.lr, warm the rate up, or check the data for values that are not finite");
    }

    private static bool ContainsAnyNotFinite(this Span<float> values)
    {
        foreach (var value in values)
        {
            if (!float.IsFinite(value))
                return true;
        }

        return false;
    }
}
