using DistTrain.Optimization.Parameters;

namespace DistTrain.Recipes;

/// <summary>What a file calls the tensors of a model.</summary>
/// <param name="Convention">One of <see cref="NameConventions"/>; null: what the job says itself.</param>
/// <param name="Given">That, in the order of the file's names; tensors that it leaves out have the model's names.</param>
public sealed record NamesRecipe(string? Convention, IReadOnlyList<ForeignName> Given)
{
    public static NamesRecipe None { get; } = new(null, []);

    public bool IsNone => Convention is null && Given.Count == 0;
}
