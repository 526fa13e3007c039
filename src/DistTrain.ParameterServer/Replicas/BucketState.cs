using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Replicas;

/// <summary>The open step's sum for one bucket and what each rank said beside its chunk. Guarded by <see cref="Gate"/>.</summary>
internal sealed class BucketState(Bucket bucket, BucketSum sum, int members)
{
    private readonly Contribution?[] _contributions = new Contribution?[members];

    public Lock Gate { get; } = new();

    public Bucket Bucket { get; } = bucket;

    public BucketSum Sum { get; } = sum;

    /// <summary>By member of the replica group; complete once the sum is.</summary>
    public IReadOnlyList<Contribution?> Contributions => _contributions;

    /// <summary>Examples behind the sum, over all members.</summary>
    public long Examples => _contributions.Sum(c => (long)(c?.Examples ?? 0));

    /// <param name="member">The rank's place in its replica group.</param>
    /// <param name="contribution">What the rank said.</param>
    /// <param name="payload">Its chunk; see <see cref="BucketSum.Add"/>.</param>
    public Arrival Add(int member, Contribution contribution, float[] payload)
    {
        var arrival = Sum.Add(member, contribution.Examples, payload);
        if (arrival != Arrival.Duplicate)
            _contributions[member] = contribution;
        return arrival;
    }
}
