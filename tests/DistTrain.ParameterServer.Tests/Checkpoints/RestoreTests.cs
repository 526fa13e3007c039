using System.Text.Json.Nodes;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using DistTrain.Training.Steps;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Checkpoints;

/// <summary>What goes on from a checkpoint is, bit by bit, what was never interrupted; three steps of four examples make an epoch.</summary>
[Trait("Kind", "Fast")]
public sealed class RestoreTests(ThreeServers servers) : IClassFixture<ThreeServers>
{
    /// <summary>Step of the checkpoint, servers that wrote it and that go on, and the job.</summary>
    public static TheoryData<int, int, int, string[]> Jobs => new()
    {
        { 2, 1, 1, [] },
        { 4, 2, 2, ["optimizer={name: lamb}", "schedule={name: cosine, warmupEpochs: 1}"] },
        { 4, 2, 3, ["optimizer={name: adam, amsgrad: true, clipNorm: 0.5}"] },
        { 4, 3, 1, ["optimizer={name: lars}", "scaling={rule: adascale, referenceBatch: 4}"] },
        { 4, 1, 2, ["batch={auto: {from: 4, to: 8, everySteps: 2}}"] },
        { 8, 2, 2, ["averaging={name: swa, startEpoch: 1}"] },
        { 6, 2, 1, ["averaging={name: swap, trainAccuracy: 0.9, batch: 5, epochs: 2, lr: 0.03}", "checkpoint.everySteps=0"] },
        { 3, 1, 2, ["averaging={name: post-local, startEpoch: 1, everySteps: 2}", "checkpoint.everySteps=0"] },
        { 4, 1, 1, ["batchNorm.evaluation=recompute"] },
    };

    [Theory]
    [MemberData(nameof(Jobs))]
    public async Task Training_goes_on_from_a_checkpoint_as_if_it_had_not_been_interrupted(int step, int before, int after, params string[] settings)
    {
        string[] all = ["workers=3", "steps=null", "epochs=4", "checkpoint.everySteps=2", .. settings];
        var whole = await new TinyJob([.. servers.All.Take(before)], all) { TestExamples = 10 }.OpenAsync();
        await using var expected = await TrainAsync(whole, head => head.Take == 0);
        var last = expected.Ranks[0].Head.Version;

        var job = await new TinyJob([.. servers.All.Take(before)], all) { TestExamples = 10 }.OpenAsync();
        await using (var interrupted = await TrainAsync(job, head => head.Version == step))
        {
            await job.SealAsync(step, step);
            // Beyond the checkpoint: these steps are done again.
            await Task.WhenAll(interrupted.Ranks.Select(r => r.StepAsync()));
            job = await new TinyJob([.. servers.All.Take(after)], all) { Id = job.Id, TestExamples = 10 }.RestoreAsync(step);
            if (after >= before)
                Assert.All(await interrupted.Ranks[0].EndAsync(), status => Assert.Equal(StatusCode.Aborted, status.StatusCode));
        }

        await using var again = await TrainAsync(job, head => head.Take == 0);
        Assert.Equal(step, again.Ranks[0].Versions.First().Key);
        Assert.Equal(last, again.Ranks[0].Head.Version);
        foreach (var (rank, other) in expected.Ranks.Zip(again.Ranks))
        {
            foreach (var (version, (head, vector)) in other.Versions)
            {
                Assert.Equal(rank.Versions[version].Head, head);
                SameBits.Check(rank.Versions[version].Vector, vector);
            }
        }

        foreach (var ended in (TinyJob[])[whole, job])
            await Waiting.UntilAsync(ended.StatusAsync, s => s.All(p => p.Finished), "the job is finished");
        await whole.StopAsync();
        await job.StopAsync();
        Assert.Equal(History(whole), History(job));
    }

    [Fact]
    public async Task A_server_that_was_started_again_goes_on_from_its_files()
    {
        using var folder = new TempFolder();
        var first = await RealServer.StartAsync(folder.Path);
        var job = await new TinyJob(first, "steps=6", "checkpoint.everySteps=2").OpenAsync();
        await using (var ranks = await RankGroup.AttachAsync(job))
        {
            for (var step = 0L; step < 3; step++)
                await ranks.StepAsync(step);
            await job.SealAsync(2, 2);
        }

        await first.DisposeAsync();
        await using var second = await RealServer.StartAsync(folder.Path);
        job = new TinyJob(second, "steps=6", "checkpoint.everySteps=2") { Id = job.Id };
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(job.StatusAsync)).StatusCode);
        await job.RestoreAsync(2);
        await using var again = await RankGroup.AttachAsync(job);
        SameBits.Check(ReferenceTraining.After(job, 2).Vector, again.Vector);
        await again.StepAsync(2);
        SameBits.Check(ReferenceTraining.After(job, 3).Vector, again.Vector);
    }

    [Fact]
    public async Task A_server_that_leaves_says_so_and_a_job_that_is_stopped_then_goes_on_where_it_was()
    {
        using var folder = new TempFolder();
        string[] settings = ["steps=6", "checkpoint.everySteps=100"];
        await using var stays = await RealServer.StartAsync(folder.Path);
        await using var leaves = await RealServer.StartAsync(folder.Path, stopPatience: TimeSpan.FromMinutes(2));
        var job = await new TinyJob([stays, leaves], settings).OpenAsync();
        await using (var ranks = await RankGroup.AttachAsync(job))
        {
            await ranks.TrainAsync(3);
            var leaving = leaves.LeaveAsync();
            await Waiting.UntilAsync(job.StatusAsync, s => s[1].Leaving && !s[0].Leaving, "the server says that it leaves");
            Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => new TinyJob(leaves, settings).OpenAsync())).StatusCode);
            await ranks.LeaveAsync();
            await job.StopAsync();
            // It stays until the checkpoint is sealed, and the job's new generation on record.
            await job.SealAsync(3, 3);
            Assert.False(leaving.IsCompleted);
            await job.ReleaseAsync();
            await leaving;
        }

        await using var returns = await RealServer.StartAsync(folder.Path);
        job = new TinyJob([stays, returns], settings) { Id = job.Id };
        var stored = await job.StoredAsync();
        Assert.All(stored, s => Assert.Equal(3, Assert.Single(s.Checkpoints).Step));
        await job.RestoreAsync(3);
        await using var again = await RankGroup.AttachAsync(job);
        SameBits.Check(ReferenceTraining.After(job, 3).Vector, again.Vector);
        await again.StepAsync(3);
        SameBits.Check(ReferenceTraining.After(job, 4).Vector, again.Vector);
    }

    [Fact]
    public async Task A_job_without_ranks_is_saved_when_its_server_ends()
    {
        using var folder = new TempFolder();
        var server = await RealServer.StartAsync(folder.Path);
        var job = await new TinyJob(server, "steps=6", "checkpoint.everySteps=0").OpenAsync();
        await using (var ranks = await RankGroup.AttachAsync(job))
        {
            await ranks.TrainAsync(2);
            await ranks.LeaveAsync();
        }

        await server.DisposeAsync();
        await using var again = await RealServer.StartAsync(folder.Path);
        Assert.Equal(2, Assert.Single((await new TinyJob(again) { Id = job.Id }.StoredAsync())[0].Checkpoints).Step);
    }

    /// <summary>Killed between the last part and the manifest: the parts' own descriptions are enough, and what was begun after them counts no more.</summary>
    [Fact]
    public async Task Parts_that_nobody_sealed_are_a_checkpoint_when_all_are_there()
    {
        using var folder = new TempFolder();
        string[] settings = ["steps=8", "checkpoint.everySteps=2"];
        RealServer[] first = [await RealServer.StartAsync(folder["a"]), await RealServer.StartAsync(folder["b"])];
        var job = await new TinyJob(first, settings).OpenAsync();
        await using (var ranks = await RankGroup.AttachAsync(job))
        {
            await ranks.TrainAsync(6);
            await job.SavedAsync(6);
        }

        foreach (var server in first)
            await server.DisposeAsync();
        File.Delete(Directory.EnumerateFiles(folder["b"], "server-1.json", SearchOption.AllDirectories).Single(f => f.Contains("step-6", StringComparison.Ordinal)));

        RealServer[] second = [await RealServer.StartAsync(folder["a"]), await RealServer.StartAsync(folder["b"])];
        job = new TinyJob(second, settings) { Id = job.Id };
        var stored = await job.StoredAsync();
        Assert.Equal([2, 4, 6], stored[1].Checkpoints.Select(c => c.Step));
        Assert.Equal([1, 1, 0], stored[1].Checkpoints.Select(c => c.Parts.Count));
        Assert.All(stored.SelectMany(s => s.Checkpoints), c => Assert.False(c.Sealed));
        await job.RestoreAsync(4, stored.SelectMany(s => s.Checkpoints.Where(c => c.Step == 4).SelectMany(c => c.Parts)));
        Assert.All(await job.StoredAsync(), s => Assert.True(s.Checkpoints.Single(c => c.Step == 4) is { Sealed: true, Parts.Count: 1 }));
        await using (var again = await RankGroup.AttachAsync(job))
        {
            for (var step = 4L; step < 8; step++)
                await again.StepAsync(step);
            SameBits.Check(ReferenceTraining.After(job, 8).Vector, again.Vector);
        }

        await job.SavedAsync(8);
        // Of step 6 there are the new parts, none of the old generation.
        Assert.All(await job.StoredAsync(), s => Assert.Equal([2], s.Checkpoints.Where(c => c.Step == 6).SelectMany(c => c.Parts).Select(p => p.Generation)));
        foreach (var server in second)
            await server.DisposeAsync();
    }

    [Theory]
    [InlineData("flip", "the file was altered")]
    [InlineData("cut", "bytes, expected")]
    [InlineData("part", "the part of server 0 is missing")]
    [InlineData("manifest", "no checkpoint here")]
    [InlineData("torn", "manifest.json: ")]
    [InlineData("step", "its step is not that of job")]
    [InlineData("job", "its job file is not that of job")]
    [InlineData("data", "its data is not that of job")]
    [InlineData("state", "openStep")]
    public async Task A_checkpoint_that_cannot_be_used_is_named_and_left_as_it_is(string damage, string reason)
    {
        var job = await new TinyJob(servers.All[0], "steps=6", "checkpoint.everySteps=1").OpenAsync();
        await using (var ranks = await RankGroup.AttachAsync(job))
        {
            await ranks.StepAsync(0);
            await job.SealAsync(1, 1);
            await ranks.StepAsync(1);
            await job.SealAsync(2, 1, 2);
        }

        var folder = Path.Combine(job.Folder, "checkpoints", "step-2");
        Damage(folder, damage);
        var files = Files(job.Folder);
        var refused = await Assert.ThrowsAsync<RpcException>(() => job.RestoreAsync(2));
        Assert.Equal(StatusCode.DataLoss, refused.StatusCode);
        Assert.Contains(folder, refused.Status.Detail, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(files, Files(job.Folder));

        await job.RestoreAsync(1);
        await using var again = await RankGroup.AttachAsync(job);
        SameBits.Check(ReferenceTraining.After(job, 1).Vector, again.Vector);
    }

    /// <summary>The first server can read its parts, and is opened at each checkpoint; the second finds its own damaged.</summary>
    [Fact]
    public async Task Where_no_checkpoint_can_be_used_nothing_is_overwritten()
    {
        using var folder = new TempFolder();
        await using var first = await RealServer.StartAsync(folder["a"]);
        await using var second = await RealServer.StartAsync(folder["b"]);
        var job = await new TinyJob([first, second], "steps=6", "checkpoint.everySteps=1").OpenAsync();
        await using (var ranks = await RankGroup.AttachAsync(job))
        {
            await ranks.StepAsync(0);
            await job.SealAsync(1, 1);
            await ranks.StepAsync(1);
            await job.SealAsync(2, 1, 2);
            await ranks.StepAsync(2);
            await job.SavedAsync(3);
        }

        foreach (var part in Directory.GetFiles(folder["b"], "server-1.bin", SearchOption.AllDirectories))
            await File.WriteAllTextAsync(part, "torn");
        var files = Files(folder.Path);
        for (var step = 2; step > 0; step--)
            Assert.Equal(StatusCode.DataLoss, (await Assert.ThrowsAsync<RpcException>(() => job.RestoreAsync(step))).StatusCode);
        Assert.Equal(1, (await first.Partitions.StopAsync(job.Request)).Version);
        Assert.Equal(files, Files(folder.Path));
    }

    [Fact]
    public void An_open_step_survives_its_text()
    {
        var step = new OpenStep(7, new(Phase: 1, Epoch: 2, Cursor: 3, Examples: 4_000_000_000, Group: 5), Take: 9, Evaluate: true, Rate: 0.1 + 0.2)
        {
            Kind = StepKind.Statistics,
            Sharing = Sharing.Local,
            PreviousRate = 1.0 / 3,
            SlotAge = 6,
            Averages = true,
            Sample = 4,
            EndsWithMean = true,
            Progress = new Progress(1, 2, 3, 4, new(double.NaN, double.PositiveInfinity, 1e-300, 0.1, 0.7), 5, new SkipTally(6, 7, new NormWindow([0.1, 1e-300]), 8)),
        };
        Assert.Equal(step, OpenStepJson.Read(OpenStepJson.Write(step)));
    }

    private static async Task<Cohort> TrainAsync(TinyJob job, Func<VersionHead, bool> until)
    {
        var cohort = await Cohort.AttachAsync(job, rank => new Trainee(job, rank) { Accuracy = head => head.Position.Epoch == 1 ? 1 : 0.5 });
        await cohort.TrainAsync(until);
        return cohort;
    }

    /// <summary>The lines of the history without what is measured and which generation it was.</summary>
    private static List<string> History(TinyJob job) =>
        [.. File.ReadLines(Path.Combine(job.Folder, "metrics.jsonl")).Select(line =>
        {
            var json = JsonNode.Parse(line)!.AsObject();
            json.Remove("milliseconds");
            json["ledger"]?.AsObject().Remove("generation");
            return json.ToJsonString();
        })];

    private static void Damage(string folder, string how)
    {
        var (part, manifest) = (Path.Combine(folder, "server-0.bin"), Path.Combine(folder, CheckpointManifest.FileName));
        switch (how)
        {
            case "flip":
                var bytes = File.ReadAllBytes(part);
                bytes[100] ^= 1;
                File.WriteAllBytes(part, bytes);
                break;
            case "cut":
                using (var stream = File.OpenWrite(part))
                    stream.SetLength(stream.Length - 1);
                break;
            case "part":
                File.Delete(part);
                break;
            case "manifest":
                File.Delete(manifest);
                break;
            case "torn":
                using (var stream = File.OpenWrite(manifest))
                    stream.SetLength(stream.Length / 2);
                break;
            default:
                var json = JsonNode.Parse(File.ReadAllText(manifest))!;
                json[how switch { "job" => "jobFile", "data" => "dataFingerprint", "state" => "openStep", _ => how }] = how == "step" ? 1 : "other";
                File.WriteAllText(manifest, json.ToJsonString());
                break;
        }
    }

    private static List<(string Name, string Contents)> Files(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order().Select(f => (f, Convert.ToHexString(File.ReadAllBytes(f))))];
}
