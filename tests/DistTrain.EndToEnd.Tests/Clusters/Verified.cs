using System.Text.Json;

namespace DistTrain.EndToEnd.Tests.Clusters;

/// <summary>What <c>disttrain verify</c> says of a run.</summary>
internal static class Verified
{
    /// <summary>The one event of a run that is what it claims.</summary>
    public static async Task<JsonElement> CleanAsync(string run, string weightsSha256)
    {
        var verify = await DistTrainProcess.RunAsync("verify", run, "--output", "json");
        Assert.True(verify.ExitCode == 0, $"exit code {verify.ExitCode}\n{verify.Error}");
        var verified = Assert.Single(verify.Events);
        Assert.Equal("verified", verified.GetProperty("event").GetString());
        Assert.Equal(weightsSha256, verified.GetProperty("weightsSha256").GetString());
        Assert.Empty(verified.GetProperty("problems").EnumerateArray());
        return verified;
    }

    public static void Counts(JsonElement verified, int steps, int examples) =>
        Assert.Equal((steps, examples), (verified.GetProperty("steps").GetInt32(), verified.GetProperty("examplesChecked").GetInt32()));
}
