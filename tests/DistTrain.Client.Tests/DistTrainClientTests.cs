using DistTrain.Protocol;
using DistTrain.Protocol.Clients;
using Grpc.Core;

namespace DistTrain.Client.Tests;

/// <summary>The calls of the package, over real connections.</summary>
[Trait("Kind", "Fast")]
public class DistTrainClientTests
{
    [Fact]
    public async Task A_submission_that_is_sent_again_is_the_same_job()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnSubmit = request => silo.Submitted.Count == 1
            ? throw new RpcException(new Status(StatusCode.Unavailable, "lost on the way back"))
            : new SubmitResponse { JobId = request.JobId };
        using var client = Of(silo.Endpoint);

        var id = await client.SubmitAsync("spec: {}");

        Assert.Equal([id, id], silo.Submitted.Select(request => request.JobId));
        Assert.StartsWith("job-", id, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_a_silo_is_away_the_next_one_is_asked_and_first_from_then_on()
    {
        Endpoint gone;
        await using (var first = await FakeSilo.StartAsync())
            gone = first.Endpoint;
        await using var second = await FakeSilo.StartAsync();
        using var client = Of(gone, second.Endpoint);

        Assert.Equal("a", await client.SubmitAsync("spec: {}", "a"));
        Assert.Equal(JobState.Cancelled, (await client.CancelAsync("a")).State);
        Assert.Equal(JobState.Queued, (await client.ResumeAsync("a")).State);
        Assert.Equal("", Assert.Single(second.Resumed).JobFile);
    }

    [Fact]
    public async Task A_refusal_is_told_at_once_and_not_asked_elsewhere()
    {
        await using var first = await FakeSilo.StartAsync();
        await using var second = await FakeSilo.StartAsync();
        first.OnSubmit = _ => throw new RpcException(new Status(StatusCode.InvalidArgument, "spec.batch: x\nspec.seed: y"));
        using var client = Of(first.Endpoint, second.Endpoint);

        var e = await Assert.ThrowsAsync<DistTrainException>(() => client.SubmitAsync("spec: {}"));

        Assert.Equal(ClusterFailure.Invalid, e.Failure);
        Assert.Equal(["spec.batch: x", "spec.seed: y"], e.Problems);
        Assert.False(e.MayPass);
        Assert.Empty(second.Submitted);
    }

    [Fact]
    public async Task An_answer_that_does_not_come_in_time_may_pass()
    {
        await using var silo = await FakeSilo.StartAsync();
        using var over = new CancellationTokenSource();
        silo.OnCancel = job =>
        {
            over.Token.WaitHandle.WaitOne();
            return new Protocol.JobSummary { JobId = job };
        };
        using var client = new DistTrainClient($"http://{silo.Endpoint}", new DistTrainClientOptions { CallLimit = TimeSpan.FromMilliseconds(200) });

        var e = await Assert.ThrowsAsync<DistTrainException>(() => client.CancelAsync("a"));
        await over.CancelAsync();

        Assert.Equal(ClusterFailure.NoAnswer, e.Failure);
        Assert.True(e.MayPass);
    }

    [Fact]
    public async Task A_call_that_is_given_up_is_cancelled()
    {
        await using var silo = await FakeSilo.StartAsync();
        using var given = new CancellationTokenSource();
        silo.OnWatch = async (_, _, cancel) =>
        {
            await given.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancel);
        };
        using var client = Of(silo.Endpoint);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await client.WatchAsync("a", cancel: given.Token).GetAsyncEnumerator().MoveNextAsync());
    }

    [Fact]
    public async Task Jobs_are_told_without_empty_texts()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnList = () => [Messages.State(Protocol.JobState.Completed, 3, 3).Summary, new Protocol.JobSummary { JobId = "b", State = (Protocol.JobState)77, SubmittedAt = 1, Waits = "its turn", Decision = "room" }];
        using var client = Of(silo.Endpoint);

        var jobs = await client.ListAsync();

        Assert.Equal((null, null, null, true), (jobs[0].Error, jobs[0].Waits, jobs[0].Decision, jobs[0].HasEnded));
        Assert.Equal(0.9875, jobs[0].Result!.TestAccuracy);
        Assert.Equal((JobState.Unknown, "its turn", "room", false), (jobs[1].State, jobs[1].Waits, jobs[1].Decision, jobs[1].HasEnded));
        Assert.Equal(DateTimeOffset.UnixEpoch.AddMilliseconds(1), jobs[1].SubmittedAt);
    }

    [Fact]
    public async Task A_download_gives_the_files_that_are_wanted()
    {
        await using var silo = await FakeSilo.StartAsync();
        silo.OnDownload = () => [Messages.Chunk("job.yaml", "x"), Messages.Chunk("model.safetensors", "we"), Messages.Chunk("model.safetensors", "ights")];
        using var client = Of(silo.Endpoint);
        using var folder = new TempFolder();

        Assert.Equal(["model.safetensors"], await client.DownloadAsync("a", folder["out"], name => name != "job.yaml"));
        Assert.Equal("weights", await File.ReadAllTextAsync(folder["out/model.safetensors"]));
    }

    [Theory]
    [InlineData("127.0.0.1:5000")]
    [InlineData("ftp://host:1")]
    [InlineData("host")]
    public void What_is_no_address_is_refused(string address) => Assert.Throws<ArgumentException>(() => new DistTrainClient(address));

    [Fact]
    public void A_token_does_not_travel_in_the_clear() => Assert.Contains(
        "need https", Assert.Throws<ArgumentException>(() => new DistTrainClient("http://host:1", new DistTrainClientOptions { TokenFile = "token" })).Message, StringComparison.Ordinal);

    [Fact]
    public void Certificates_that_are_not_there_are_named() => Assert.Contains(
        "no-such-folder", Assert.Throws<DistTrainException>(() => new DistTrainClient("https://host:1", new DistTrainClientOptions { CertificateFolder = "no-such-folder" })).Message, StringComparison.Ordinal);

    private static DistTrainClient Of(params Endpoint[] silos) => new([.. silos.Select(silo => new Uri($"http://{silo}"))]);
}
