using DistTrain.Protocol.Transport;
using DistTrain.Torch.Devices;

namespace DistTrain.Worker.Ranks;

/// <summary>Where a rank lives.</summary>
/// <param name="Silo">The silo.</param>
/// <param name="Membership">Version of the cluster's membership that the silo had seen when the rank started: who has seen less does not supersede it.</param>
/// <param name="Peers">How servers are reached from there.</param>
/// <param name="Devices">What there is to compute on.</param>
internal readonly record struct RankHome(string Silo, long Membership, PeerChannels Peers, DeviceSet Devices);
