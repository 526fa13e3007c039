using System.Text.Json;

namespace DistTrain.Tests.Shared;

/// <summary>
/// Reference numbers that formulas are held to: JSON files in the folder that DISTTRAIN_VECTORS names, else in
/// <c>tests/vectors</c> of the checkout. A file that is not there fails the test.
/// </summary>
internal static class Vectors
{
    private const string Variable = "DISTTRAIN_VECTORS";

    /// <summary>The folder that is read.</summary>
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder ? folder : Repository.PathOf("tests/vectors");

    /// <summary>One file, e.g. <c>schedules.json</c>.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static JsonDocument Read(string file) => JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, file)));

    /// <summary>The numbers of a JSON array.</summary>
    public static double[] Numbers(this JsonElement array) => [.. array.EnumerateArray().Select(number => number.GetDouble())];
}
