using System.Globalization;
using DistTrain.Protocol.Transport;

namespace DistTrain.Worker.Cluster;

/// <summary>Names of silos in the cluster's membership: they say which wire version a silo speaks.</summary>
internal static class SiloNames
{
    /// <summary>A name for this silo.</summary>
    public static string New() => Of(WireVersion.Current);

    /// <summary>A name for a silo of some version.</summary>
    public static string Of(int version) => $"wire-{version}-{Guid.NewGuid().ToString("N")[..8]}";

    /// <summary>The version that a name says; null: it says none.</summary>
    public static int? VersionOf(string? name) =>
        name?.Split('-') is ["wire", var version, _] && int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
