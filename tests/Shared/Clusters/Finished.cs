using System.Text.Json;

namespace DistTrain.Tests.Clusters;

/// <summary>What a process left.</summary>
internal sealed record Finished(int ExitCode, IReadOnlyList<JsonElement> Events, string Error, string Output)
{
    /// <summary>The lines of standard output that say something.</summary>
    public IReadOnlyList<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The closing event of a run that must have completed.</summary>
    public JsonElement Completed
    {
        get
        {
            Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Output}\n{Error}");
            Assert.Equal("completed", Events[^1].GetProperty("event").GetString());
            return Events[^1];
        }
    }

    public string WeightsSha256 => Completed.GetProperty("weightsSha256").GetString()!;

    public double TestAccuracy => Completed.GetProperty("testAccuracy").GetDouble();
}
