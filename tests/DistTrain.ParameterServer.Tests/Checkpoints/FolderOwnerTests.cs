using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Files;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using DistTrain.Protocol.Formats;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Checkpoints;

/// <summary>A folder belongs to one job, whoever opens or reads it.</summary>
[Trait("Kind", "Fast")]
public sealed class FolderOwnerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_says_whose_it_is_and_that_of_nobody_says_nothing()
    {
        Assert.Null(FolderOwner.Of(_folder.Path));
        Assert.Null(FolderOwner.Of(_folder["not-there"]));
        FolderOwner.Claim(Disk.Real, _folder.Path, "first");
        Assert.Equal("first", FolderOwner.Of(_folder.Path));
        Assert.Equal("""{"format":1,"job":"first"}""", File.ReadAllText(_folder[FolderOwner.FileName]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"format":1}""")]
    [InlineData("""{"format":1,"job":7}""")]
    public void What_says_nothing_that_can_be_read_is_no_claim(string text)
    {
        File.WriteAllText(_folder[FolderOwner.FileName], text);
        Assert.Null(FolderOwner.Of(_folder.Path));
    }

    [Fact]
    public void One_of_a_later_format_is_refused()
    {
        File.WriteAllText(_folder[FolderOwner.FileName], """{"format":2,"job":"first"}""");
        Assert.Throws<UnknownFormatException>(() => FolderOwner.Of(_folder.Path));
    }

    [Fact]
    public async Task Another_job_is_refused_when_it_opens_lists_and_reads()
    {
        await using var server = new RealServer { RunFolder = _folder.Path };
        await server.InitializeAsync();
        var (first, second) = (new TinyJob(server), new TinyJob(server));
        await first.OpenAsync();
        Assert.Equal(first.Id, FolderOwner.Of(_folder.Path));

        await RefusesAsync(first, () => server.Partitions.OpenAsync(second.Opening()).ResponseAsync);
        await RefusesAsync(first, () => server.Partitions.ListCheckpointsAsync(second.Request).ResponseAsync);
        await RefusesAsync(first, async () =>
        {
            using var metrics = server.Partitions.WatchMetrics(new WatchMetricsRequest { JobId = second.Id });
            await metrics.ResponseStream.MoveNext(CancellationToken.None);
        });
        await server.Partitions.ListCheckpointsAsync(first.Request);
    }

    [Fact]
    public async Task A_folder_from_before_is_that_of_its_newest_checkpoint()
    {
        await using var server = new RealServer { RunFolder = _folder.Path };
        await server.InitializeAsync();
        var before = new TinyJob(server);
        var step = Directory.CreateDirectory(_folder["checkpoints/step-42"]).FullName;
        File.WriteAllBytes(Path.Combine(step, CheckpointManifest.FileName), (Manifests.Any with { JobId = before.Id }).ToJson());
        Assert.Equal(before.Id, FolderOwner.Of(_folder.Path));
        await RefusesAsync(before, () => server.Partitions.OpenAsync(new TinyJob(server).Opening()).ResponseAsync);

        // An owner that can't be read is no claim, and frees nothing either.
        File.WriteAllText(_folder[FolderOwner.FileName], "{");
        Assert.Equal(before.Id, FolderOwner.Of(_folder.Path));
        await RefusesAsync(before, () => server.Partitions.OpenAsync(new TinyJob(server).Opening()).ResponseAsync);
    }

    private async Task RefusesAsync(TinyJob owner, Func<Task> call)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => call().For("an answer"));
        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Contains(_folder.Path, refused.Status.Detail, StringComparison.Ordinal);
        Assert.Contains($"that of job '{owner.Id}'", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("{job}", refused.Status.Detail, StringComparison.Ordinal);
    }
}
