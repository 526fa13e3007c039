namespace DistTrain.EndToEnd.Tests.Clusters;

/// <summary>A job, and a run of it on one silo that nothing disturbs: made once for all tests that disturb others of its runs.</summary>
public sealed class UndisturbedRun(StandingClusters clusters) : IAsyncLifetime
{
    public const int Steps = 150;

    private readonly RunFolder _folder = new();

    /// <summary>Of the job; also of its disturbed runs, which may save at other steps.</summary>
    public static IReadOnlyList<string> Settings { get; } =
    [
        LargeBatchTests.Model, "workers=4", "batch=32", $"steps={Steps}", "batchNorm.scope=global", "optimizer.name=lamb", "optimizer.lr=0.002",
        "checkpoint.everySteps=15", "dataset.trainExamples=450", "dataset.validation=50", "dataset.testExamples=50", "evaluation.everyEpochs=2", "probe.everySteps=20",
    ];

    public string WeightsSha256 { get; private set; } = string.Empty;

    public IReadOnlyList<string> Lines { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        WeightsSha256 = (await clusters.RunAsync(_folder, "run", silos: 1, servers: 1, [.. Settings])).WeightsSha256;
        Lines = History.Of(_folder["run"]);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}

[CollectionDefinition(Name)]
public sealed class DisturbedRuns : ICollectionFixture<UndisturbedRun>
{
    public const string Name = "disturbed runs of one job";
}
