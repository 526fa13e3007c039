namespace DistTrain.Worker.Cluster;

/// <summary>Whether there is anybody to hand over to.</summary>
internal static class OtherSilos
{
    /// <summary>Some other silo works. The last one that ends hands nothing over: Orleans would log that as an error.</summary>
    public static bool HasOthers(this ISiloStatusOracle silos) =>
        silos.GetApproximateSiloStatuses(onlyActive: true).Keys.Any(silo => !silo.Equals(silos.SiloAddress));
}
