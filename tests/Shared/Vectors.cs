using System.Text.Json;

namespace DistTrain.Tests.Shared;

/// <summary>
/// Reference numbers, made with PyTorch: in the folder that DISTTRAIN_VECTORS names, else in <c>tests/vectors</c> of the checkout.
/// </summary>
internal static class Vectors
{
    private const string Variable = "DISTTRAIN_VECTORS";

    /// <summary>One file of them, e.g. <c>optimizers.json</c>; the caller disposes it.</summary>
    public static JsonDocument Read(string file)
    {
        var folder = Environment.GetEnvironmentVariable(Variable) ?? Path.Combine(CheckoutRoot(), "tests", "vectors");
        return JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, file)));
    }

    private static string CheckoutRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DistTrain.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException("DistTrain.sln is in no folder above the tests");
    }
}
