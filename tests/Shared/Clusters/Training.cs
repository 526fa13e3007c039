namespace DistTrain.Tests.Clusters;

/// <summary>Runs <c>disttrain train</c> on a local cluster of real processes.</summary>
internal static class Training
{
    /// <summary>A short job on few digits, with overrides.</summary>
    public static Task<Finished> RunAsync(RunFolder folder, string name, int silos, int servers, params string[] settings) =>
        DistTrainProcess.RunAsync([.. Arguments(folder, name, silos, servers, settings)]);

    public static IEnumerable<string> Arguments(RunFolder folder, string name, int silos, int servers, params string[] settings) =>
    [
        "train", "--output", "json", "--out", folder[name], "--silos", $"{silos}", "--servers", $"{servers}",
        .. Set(settings),
    ];

    /// <summary>Overrides, as a command line has them.</summary>
    public static IEnumerable<string> Set(IEnumerable<string> settings) => settings.SelectMany(s => new[] { "--set", s });

    /// <summary>Settings of a job that takes a second.</summary>
    public static string[] Short(params string[] more) =>
        ["dataset.trainExamples=400", "dataset.testExamples=100", "batch=64", "steps=9", "microBatch=16", .. more];
}
