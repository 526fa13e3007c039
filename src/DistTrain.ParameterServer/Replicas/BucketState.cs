using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Replicas;

/// <summary>The open step's sum for one bucket and what each rank said beside its chunk. Guarded by <see cref="Gate"/>.</summary>
internal sealed class BucketState(Bucket bucket, BucketSum sum, int members)
{
    private readonly Contribution?[] _contributions = new Contribution?[members];
    private readonly double[] _squaredNorms = new double[members];

    public Lock Gate { get; } = new();

    public Bucket Bucket { get; } = bucket;

    public BucketSum Sum { get; } = sum;

    /// <summary>By member of the replica group; complete once the sum is.</summary>
    public IReadOnlyList<Contribution?> Contributions => _contributions;

    /// <summary>Sums of squares of the members' chunks, as they say.</summary>
    public IReadOnlyList<double> SquaredNorms => _squaredNorms;

    /// <summary>Examples behind the sum, over all members.</summary>
    public long Examples
    {
        get
        {
            long examples = 0;
            foreach (var contribution in _contributions)
                examples += contribution?.Examples ?? 0;
            return examples;
        }
    }

    /// <summary>Keeps what a member said beside the chunk that was counted.</summary>
    public void Said(int member, Contribution contribution, double squaredNorm) =>
        (_contributions[member], _squaredNorms[member]) = (contribution, squaredNorm);
}
