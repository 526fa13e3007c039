namespace DistTrain.ParameterServer.Tests.Crashes;

/// <summary>Tests of the test: on a disk that breaks one of the rules, the check has to find what a crash then destroys.</summary>
[Trait("Kind", "Process")]
public sealed class BrokenDiskTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("contents are not flushed")]
    [InlineData("the history is not flushed")]
    [InlineData("folders are not flushed")]
    [InlineData("files are written in place")]
    [InlineData("the manifest comes before the parts")]
    [InlineData("the manifest goes after the parts")]
    public async Task A_broken_rule_is_found(string rule)
    {
        Func<string, RecordedDisk> disk = rule switch
        {
            "contents are not flushed" => root => new DiskWithoutFlush(root),
            "the history is not flushed" => root => new DiskWithoutFlush(root, "metrics.jsonl"),
            "folders are not flushed" => root => new DiskWithoutFolderFlush(root),
            "files are written in place" => root => new DiskThatWritesInPlace(root),
            "the manifest comes before the parts" => root => new DiskWithTheManifestFirst(root),
            "the manifest goes after the parts" => root => new DiskThatDeletesTheManifestLast(root),
            _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, null),
        };
        var violations = await new CrashCheck(new CrashScenario()).ViolationsAsync(disk, onlyFirst: true);
        Assert.NotEmpty(violations);
        output.WriteLine(violations[0]);
    }
}
