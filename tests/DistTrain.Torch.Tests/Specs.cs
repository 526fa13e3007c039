using DistTrain.Recipes;
using DistTrain.Recipes.Files;

namespace DistTrain.Torch.Tests;

/// <summary>Training specs for tests, written the way a user would.</summary>
internal static class Specs
{
    public static TrainingSpec Of(params string[] overrides)
    {
        var read = JobFile.Read(null, "test", overrides);
        return read.Job?.Spec ?? throw new ArgumentException(string.Join('\n', read.Problems));
    }
}
