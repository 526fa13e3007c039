using DistTrain.Optimization.Parameters;
using DistTrain.Torch.Replicas;

namespace DistTrain.Worker.Ranks;

/// <summary>Where a rank takes versions in.</summary>
/// <param name="Layout">Of the whole vector.</param>
/// <param name="Memory">[Layout.Length · Width]</param>
/// <param name="Width">float32 that an element takes: 1, or 2 in float64.</param>
/// <param name="Arrived">Told of each part that has come, its first element and how many; null: nobody asks.</param>
internal readonly record struct VersionPlace(ParameterLayout Layout, Memory<float> Memory, int Width = 1, Action<int, int>? Arrived = null)
{
    /// <summary>The parameters of a replica.</summary>
    public static VersionPlace Of(Replica replica) => new(replica.Layout, replica.Parameters, Arrived: replica.Arrive);
}
