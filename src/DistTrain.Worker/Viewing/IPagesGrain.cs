namespace DistTrain.Worker.Viewing;

/// <summary>Where the cluster's pages are, key 0. It keeps nothing: whoever serves one says so each second.</summary>
[Alias("DistTrain.IPagesGrain")]
public interface IPagesGrain : IGrainWithIntegerKey
{
    /// <summary>A silo's sign of life.</summary>
    /// <param name="address">Of its page: scheme, host and port.</param>
    /// <returns>Those of all silos that live, in the order of their names.</returns>
    [Alias("Tell")]
    Task<IReadOnlyList<string>> TellAsync(string address);
}
