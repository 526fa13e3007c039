namespace DistTrain.Recipes;

/// <summary>What a job starts from instead of drawing its weights.</summary>
/// <param name="Checkpoint">Path of a checkpoint, of a run's folder, or of a model file, as the servers see it.</param>
/// <param name="Slots">One of <see cref="StartSlots"/>.</param>
/// <param name="Position">One of <see cref="StartPositions"/>.</param>
public sealed record StartRecipe(string Checkpoint, string Slots, string Position)
{
    /// <summary>
    /// SHA-256 of what is taken over, in lower-case hex; of weights alone it is their <c>weightsSha256</c>. Null until the cluster has looked: from
    /// then on it is a part of what the job is.
    /// </summary>
    public string? Sha256 { get; init; }

    /// <summary>The path is of a file of tensors (<c>from.file</c>), and of nothing else.</summary>
    public bool IsFile { get; init; }

    /// <summary>What the file calls the model's tensors.</summary>
    public NamesRecipe Names { get; init; } = NamesRecipe.None;

    /// <summary>The key that the path stands at.</summary>
    public string Key => IsFile ? "spec.from.file" : "spec.from.checkpoint";

    public bool KeepsSlots => Slots == StartSlots.Keep;

    public bool KeepsPosition => Position == StartPositions.Keep;
}
