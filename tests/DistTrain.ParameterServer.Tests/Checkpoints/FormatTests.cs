using System.Text;
using System.Text.Json.Nodes;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol.Formats;
using DistTrain.Training.Steps;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Checkpoints;

/// <summary>Files of a job that a later version has written: the job is refused, and none of them is passed over as damaged, or touched.</summary>
[Trait("Kind", "Fast")]
public sealed class FormatTests(RealServer server) : IClassFixture<RealServer>
{
    private static readonly OpenStep _step = new(7, new(Phase: 0, Epoch: 2, Cursor: 3, Examples: 4, Group: 5), Take: 9, Evaluate: true, Rate: 0.1);

    [Fact]
    public void A_manifest_of_another_format_is_refused_whatever_it_holds()
    {
        var json = JsonNode.Parse(Manifests.Any.ToJson())!.AsObject();
        Assert.Equal(CheckpointManifest.CurrentFormat, (int)json["format"]!);
        (json["format"], json["colour"]) = (CheckpointManifest.CurrentFormat + 1, "red");
        var refused = Assert.Throws<UnknownFormatException>(() => CheckpointManifest.FromJson(Encoding.UTF8.GetBytes(json.ToJsonString()), "step-4/manifest.json"));
        Assert.Equal("step-4/manifest.json: a checkpoint's manifest of version 3, and this program reads version 2; use the version of DistTrain that wrote it", refused.Message);
    }

    [Fact]
    public void An_open_step_says_its_version_and_one_from_before_is_read()
    {
        var json = JsonNode.Parse(OpenStepJson.Write(_step))!.AsObject();
        Assert.Equal(1, (int)json["format"]!);
        json.Remove("format");
        Assert.Equal(_step, OpenStepJson.Read(json.ToJsonString()));
        (json["format"], json["colour"]) = (2, "red");
        var refused = Assert.Throws<UnknownFormatException>(() => OpenStepJson.Read(json.ToJsonString(), "manifest.json: openStep"));
        Assert.Equal("manifest.json: openStep: an open step of version 2, and this program reads version 1; use the version of DistTrain that wrote it", refused.Message);
    }

    [Fact]
    public async Task The_description_of_a_part_says_its_version_and_one_from_before_is_read()
    {
        var job = await TrainedAsync();
        var description = Path.Combine(StepFolder(job, 3), "server-0.json");
        Assert.Equal(1, (int)JsonNode.Parse(await File.ReadAllTextAsync(description))!["format"]!);
        var before = await job.StoredAsync();
        Rewrite(description, json => json.Remove("format"));
        Assert.Equal(before, await job.StoredAsync());
        Assert.Single(before[0].Checkpoints.Single(c => c.Step == 3).Parts);
    }

    [Theory]
    [InlineData("server-0.json", 3, "the description of a checkpoint's part of version 2, and this program reads version 1")]
    [InlineData("manifest.json", 2, "a checkpoint's manifest of version 3, and this program reads version 2")]
    public async Task A_job_with_a_checkpoint_of_a_later_version_does_not_go_on_from_an_older_one(string file, int step, string reason)
    {
        var job = await TrainedAsync();
        var path = Path.Combine(StepFolder(job, step), file);
        Rewrite(path, json =>
        {
            (json["format"], json["colour"]) = ((int)json["format"]! + 1, "red");
        });
        await RefusedAsync(job.StoredAsync, job, $"{path}: {reason}; use the version of DistTrain that wrote it");
    }

    [Fact]
    public async Task An_open_step_of_a_later_version_is_not_taken_for_damaged()
    {
        var job = await TrainedAsync();
        var path = Path.Combine(StepFolder(job, 2), CheckpointManifest.FileName);
        Rewrite(path, json => json["openStep"] = ((string)json["openStep"]!).Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal));
        await RefusedAsync(
            () => job.RestoreAsync(2), job, $"{path}: openStep: an open step of version 2, and this program reads version 1; use the version of DistTrain that wrote it");
    }

    [Fact]
    public async Task A_history_of_a_later_version_is_not_written_anew()
    {
        var job = await TrainedAsync();
        var path = Path.Combine(job.Folder, "metrics.jsonl");
        await job.StopAsync();
        await job.ReleaseAsync();
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path)).Replace("\"format\":1", "\"format\":2", StringComparison.Ordinal));
        await RefusedAsync(
            () => job.RestoreAsync(2), job, $"{path}:1: a line of a run's history of version 2, and this program reads version 1; use the version of DistTrain that wrote it");
    }

    /// <summary>Sealed at step 2; step 3 is saved and not sealed.</summary>
    private async Task<TinyJob> TrainedAsync()
    {
        var job = await new TinyJob(server, "steps=6", "checkpoint.everySteps=1").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.TrainAsync(2);
        await job.SealAsync(2, 2);
        await ranks.StepAsync(2);
        await job.SavedAsync(3);
        return job;
    }

    private static async Task RefusedAsync(Func<Task> ask, TinyJob job, string reason)
    {
        var files = Files(job.Folder);
        var refused = await Assert.ThrowsAsync<RpcException>(ask);
        Assert.Equal((StatusCode.FailedPrecondition, reason), (refused.StatusCode, refused.Status.Detail));
        Assert.Equal(files, Files(job.Folder));
    }

    private static string StepFolder(TinyJob job, int step) => Path.Combine(job.Folder, "checkpoints", $"step-{step}");

    private static void Rewrite(string file, Action<JsonObject> change)
    {
        var json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        change(json);
        File.WriteAllText(file, json.ToJsonString());
    }

    private static List<(string Name, string Contents)> Files(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order().Select(f => (f, Convert.ToHexString(File.ReadAllBytes(f))))];
}
