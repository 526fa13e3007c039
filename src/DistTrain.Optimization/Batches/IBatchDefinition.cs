using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Batches;

/// <summary>A way of changing the batch while training, by name; one file each, found by <see cref="BatchCatalog"/>.</summary>
public interface IBatchDefinition
{
    /// <summary>Name in the job file.</summary>
    string Name { get; }

    /// <summary>One sentence: what it does and when to choose it.</summary>
    string Summary { get; }

    /// <summary>Where it comes from.</summary>
    string Source { get; }

    /// <summary>Every option; <c>from</c>, the batch of the first step, and <c>to</c>, the largest, among them.</summary>
    IReadOnlyList<Option> Options { get; }

    /// <summary>It changes the batch with the epoch.</summary>
    bool CountsEpochs => false;

    /// <summary>The batch of a step in <paramref name="epoch"/> (finished epochs); null where it is not known beforehand.</summary>
    int? BatchAt(OptionValues options, int epoch) => null;

    /// <summary>How the batch follows the noise of the gradients; null where it does not.</summary>
    BatchFollowing? Follow(OptionValues options) => null;
}
