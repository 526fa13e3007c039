using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Checkpoints;

/// <summary>A new job that starts from what another has saved (<c>spec.from</c>).</summary>
[Trait("Kind", "Fast")]
public sealed class JobStartTests(ThreeServers servers) : IClassFixture<ThreeServers>
{
    private const int Step = 4;

    private static readonly string[] _keep = ["from.slots=keep", "from.position=keep"];

    public static TheoryData<int, int, string[]> Jobs => new()
    {
        { 1, 2, [] },
        { 2, 1, ["optimizer={name: momentum, form: caffe}", "schedule={name: cosine, warmupSteps: 3}"] },
        { 3, 2, ["optimizer={name: adam, amsgrad: true, clipNorm: 0.5}"] },
        { 2, 3, ["optimizer={name: lamb}", "schedule={name: polynomial, warmupSteps: 2}"] },
    };

    /// <summary>Whichever servers saved it, and whichever go on.</summary>
    [Theory]
    [MemberData(nameof(Jobs))]
    public async Task A_job_that_keeps_slots_and_position_ends_as_the_one_it_starts_from(int before, int after, params string[] settings)
    {
        var (saved, expected) = await TrainedAsync(before, settings);
        var job = await StartedAsync(after, saved, [.. settings, .. _keep]);
        await job.OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        Assert.Equal(Step, ranks.Head.Version);
        for (var step = Step; step < 6; step++)
            await ranks.StepAsync(step);
        SameBits.Check(expected, ranks.Vector);
        Assert.Equal((Step, 1), ((int)StartFile.Read(job.Folder)!.Step, StartFile.Read(job.Folder)!.Position.Epoch));
    }

    /// <summary>Whatever the file calls them, the digest is that of the weights.</summary>
    [Fact]
    public async Task A_file_of_another_program_is_read_by_the_names_that_the_job_gives()
    {
        var (saved, _) = await TrainedAsync(1, []);
        var weights = CheckpointReader.ReadVector(saved, CheckpointReader.ManifestIn(saved));
        using var folder = new TempFolder();
        var theirs = ParameterLayout.Of(TinyModel.Layout.Segments.Select(segment => segment with { Name = segment.Name.Replace("fc1", "dense", StringComparison.Ordinal) }), TinyModel.Layout.BucketLength);
        using (var stream = File.Create(folder["theirs.safetensors"]))
            SafeTensorsWriter.Write(stream, theirs, weights, new Dictionary<string, string>());
        TinyJob Job(params string[] more) =>
            new([.. servers.All.Take(2)], [$"from.file={folder["theirs.safetensors"]}", "from.names={dense.weight: fc1.weight, dense.bias: fc1.bias}", .. more]);
        var seen = await ExaminedAsync(Job());
        Assert.Equal((WeightsHash.Compute(TinyModel.Layout, weights), 0), (seen.Sha256, seen.Problems.Count));
        var job = await Job($"from.sha256='{seen.Sha256}'").OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        SameBits.Check(weights, ranks.Vector);
        var wrong = await ExaminedAsync(Job("from.names={dense.weight: fc1.weight}"));
        Assert.Contains("missing: fc1.bias F32 [10]; unexpected: dense.bias F32 [10]", Assert.Single(wrong.Problems), StringComparison.Ordinal);
    }

    /// <summary>The tiny model has the tensors of an mlp, if the job says so, and two that are none's.</summary>
    [Fact]
    public async Task A_file_with_the_names_of_PyTorch_is_read_and_all_that_is_wrong_with_one_is_told_at_once()
    {
        var (saved, _) = await TrainedAsync(1, []);
        var weights = CheckpointReader.ReadVector(saved, CheckpointReader.ManifestIn(saved));
        using var folder = new TempFolder();
        string Named(string file, float[] vector, params (string Ours, string Theirs)[] names)
        {
            var layout = ParameterLayout.Of(TinyModel.Layout.Segments.Select(segment => segment with { Name = names.FirstOrDefault(name => name.Ours == segment.Name).Theirs ?? segment.Name }), TinyModel.Layout.BucketLength);
            return WriteModel(folder[file], vector, layout);
        }

        var right = Named("right", weights, ("fc1.weight", "1.weight"), ("fc1.bias", "1.bias"), ("fc2.weight", "3.weight"));
        TinyJob Job(string file) => new(servers.All[0], "model.name=mlp", $"from={{file: {file}, names: pytorch}}");
        var seen = await ExaminedAsync(Job(right));
        Assert.Empty(seen.Problems);
        Assert.Equal(WeightsHash.Compute(TinyModel.Layout, weights), seen.Sha256);

        weights[TinyModel.Layout.Segments[0].Offset] = float.NaN;
        var wrong = Named("wrong", weights, ("fc1.weight", "1.weight"), ("fc1.bias", "2.bias"), ("fc2.weight", "3.weight"));
        Assert.Equal(
            [
                $"spec.from.file: {wrong} is of another model than the job's for its data; missing: fc1.bias, in the file 1.bias, F32 [10]; unexpected: 2.bias F32 [10]; "
                    + "give weights of the same model, mlp with norm none, under the names of pytorch (docs/weights.md)",
                $"spec.from.file: {wrong} has weights that are not finite: 1 in fc1.weight, in the file 1.weight; give a checkpoint from before they were",
            ],
            (await ExaminedAsync(Job(wrong))).Problems);
    }

    [Fact]
    public async Task Weights_alone_are_a_new_job_with_empty_slots_from_a_checkpoint_and_from_a_model_file_and_have_one_digest()
    {
        var (saved, _) = await TrainedAsync(2, []);
        var weights = CheckpointReader.ReadVector(saved, CheckpointReader.ManifestIn(saved));
        using var folder = new TempFolder();
        var model = WriteModel(folder["model.safetensors"], weights);
        foreach (var from in (string[])[saved, model])
        {
            var job = await StartedAsync(2, from, []);
            Assert.Equal(WeightsHash.Compute(job.Layout, weights), job.Job.Spec.From!.Sha256);
            await job.OpenAsync();
            await using var ranks = await RankGroup.AttachAsync(job);
            Assert.Equal(0, ranks.Head.Version);
            SameBits.Check(weights, ranks.Vector);
            await ranks.StepAsync(0);
            var reference = ReferenceReplica.From(job, weights);
            reference.Step([.. Enumerable.Range(0, job.Workers).Select(rank => TinyModel.Gradient(0, rank))], job.Shares(), job.Job.Spec.Optimizer.Options.Number("lr"));
            SameBits.Check(reference.Vector, ranks.Vector);
        }
    }

    /// <summary>A digest is of what is taken over, not of files: those of one server and of three are others.</summary>
    [Fact]
    public async Task A_digest_is_the_same_whatever_servers_saved_it_and_another_for_what_else_is_taken_over()
    {
        var (one, _) = await TrainedAsync(1, []);
        var (three, _) = await TrainedAsync(3, []);
        HashSet<string> digests = [];
        foreach (var settings in (string[][])[[], ["from.slots=keep"], ["from.position=keep"], _keep])
        {
            var digest = (await StartedAsync(1, one, settings)).Job.Spec.From!.Sha256!;
            Assert.Equal(digest, (await StartedAsync(2, three, settings)).Job.Spec.From!.Sha256);
            digests.Add(digest);
        }

        // With slots the step is taken over either way: its age is theirs.
        Assert.Equal(3, digests.Count);
    }

    [Fact]
    public async Task What_has_changed_since_the_job_was_submitted_is_refused_and_what_is_newer_beside_it_is_not_taken()
    {
        var (saved, _) = await TrainedAsync(1, []);
        var run = Path.GetDirectoryName(Path.GetDirectoryName(saved))!;
        var job = await StartedAsync(1, run, _keep);
        var newer = Path.Combine(run, "checkpoints", "step-5");
        Copy(saved, newer);
        var manifest = CheckpointReader.ManifestIn(newer);
        await File.WriteAllBytesAsync(Path.Combine(newer, CheckpointManifest.FileName), (manifest with { Step = 5, OpenStep = manifest.OpenStep.Replace("\"version\":4", "\"version\":5", StringComparison.Ordinal) }).ToJson(), TestContext.Current.CancellationToken);
        var other = await StartedAsync(1, run, _keep);
        Assert.NotEqual(job.Job.Spec.From!.Sha256, other.Job.Spec.From!.Sha256);
        await job.OpenAsync();
        Assert.Equal(Step, (await job.StatusAsync())[0].Version);

        Directory.Delete(saved, recursive: true);
        job.Generation++;
        var refused = await Assert.ThrowsAsync<RpcException>(job.OpenAsync);
        Assert.Equal(StatusCode.FailedPrecondition, refused.StatusCode);
        Assert.Equal($"spec.from.sha256: '{job.Job.Spec.From.Sha256}' is what the job starts from, and {run} has {other.Job.Spec.From.Sha256} now; bring back what was there, or submit a new job", refused.Status.Detail);
    }

    public static TheoryData<string, string[], string[]> Mistakes => new()
    {
        { "nowhere", [], ["spec.from.checkpoint: there is nothing at PATH; give the path of a checkpoint or a model file, as the servers see it"] },
        { "empty", [], ["spec.from.checkpoint: there is no checkpoint in PATH; give a step-N folder with its manifest.json, a run's folder, or a model file"] },
        { "text", [], ["spec.from.checkpoint: PATH, byte "] },
        { "model", _keep, ["spec.from.slots: 'keep' can't be: PATH is a model file, which has no slots; give a checkpoint's folder; or use 'drop'", "spec.from.position: 'keep' can't be: PATH is a model file, which has no position; give a checkpoint's folder; or use 'start'"] },
        { "other model", [], ["spec.from.checkpoint: PATH is of another model than the job's for its data; missing: fc1.bias F32 [10]; other shape: fc2.weight is [5,11], [5,12] is needed; unexpected: fc2.power F32 [2]; give weights of the same model"] },
        { "not finite", [], ["spec.from.checkpoint: PATH has weights that are not finite: 2 in fc1.bias, 1 in fc2.weight; give a checkpoint from before they were"] },
        { "checkpoint", [.. _keep, "optimizer={name: adam}", "steps=3"], ["spec.from.slots: 'keep' can't be: PATH has slots of momentum, and the job's optimizer is adam; use the same; or use 'drop'", "spec.from.position: 'keep' can't be: PATH: it stands at step 4, after 1.333 epochs, and there the job is over; give more steps; or use 'start'"] },
        { "checkpoint", [.. _keep, "optimizer.form=caffe", "seed=2"], ["spec.from.slots: 'keep' can't be: PATH has slots of momentum with form torch, and the job's is caffe; use the same; or use 'drop'", "spec.from.position: 'keep' can't be: PATH stands in the middle of an epoch in the order of seed 1, and the job's seed is 2; use the same; or use 'start'"] },
        { "other data", ["from.position=keep"], ["spec.from.position: 'keep' can't be: the job has other data than PATH, where its place means nothing; use the same; or use 'start'"] },
        { "altered", [], ["spec.from.checkpoint: PATH/server-0.bin: SHA-256 is "] },
        { "checkpoint", ["from.sha256='0000000000000000000000000000000000000000000000000000000000000000'"], ["spec.from.sha256: '0000000000000000000000000000000000000000000000000000000000000000' is what the job starts from, and PATH has "] },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_said_with_its_key_its_value_and_what_to_do(string what, string[] settings, string[] expected)
    {
        using var folder = new TempFolder();
        var path = folder["it"];
        var weights = new float[TinyModel.Layout.Length];
        switch (what)
        {
            case "empty":
                Directory.CreateDirectory(path);
                break;
            case "text":
                await File.WriteAllTextAsync(path, "weights", TestContext.Current.CancellationToken);
                break;
            case "model":
                WriteModel(path, weights);
                break;
            case "other model":
                WriteModel(path, new float[1000], ParameterLayout.Of(
                [
                    .. TinyModel.Layout.Segments.Where(s => s.Name != "fc1.bias").Select(s => s.Name == "fc2.weight" ? new Segment(s.Name, s.Kind, [5, 11], 0, s.Initial) : s),
                    new Segment("fc2.power", SegmentKind.PowerVector, [2], 0, Initialization.One),
                ]));
                break;
            case "not finite":
                foreach (var (name, count) in new[] { ("fc1.bias", 2), ("fc2.weight", 1) })
                    weights.AsSpan(TinyModel.Layout.Segments.First(s => s.Name == name).Offset, count).Fill(count == 1 ? float.NaN : float.PositiveInfinity);
                WriteModel(path, weights);
                break;
            case "checkpoint" or "other data" or "altered":
                path = (await TrainedAsync(1, [])).Saved;
                if (what == "altered")
                    await File.WriteAllBytesAsync(Path.Combine(path, "server-0.bin"), new byte[new FileInfo(Path.Combine(path, "server-0.bin")).Length], TestContext.Current.CancellationToken);
                break;
        }

        var found = await ExaminedAsync(new TinyJob(servers.All[0], ["steps=6", .. settings, $"from.checkpoint={path}"]), what == "other data" ? "others" : TinyJob.Data);
        Assert.Equal(expected.Length, found.Problems.Count);
        Assert.All(expected.Zip(found.Problems), pair => Assert.StartsWith(pair.First.Replace("PATH", path, StringComparison.Ordinal), pair.Second, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("averaging={name: swap, trainAccuracy: 0.1, batch: 4, epochs: 1, lr: 0.03}", "swap")]
    [InlineData("averaging={name: post-local, startEpoch: 1, everySteps: 2}", "post-local")]
    public async Task Of_a_phase_with_replicas_only_the_weights_are_taken(string averaging, string name)
    {
        var job = await new TinyJob(servers.All[0], "steps=null", "epochs=2", averaging).OpenAsync();
        var ranks = Enumerable.Range(0, job.Workers).Select(rank => new Trainee(job, rank)).ToList();
        foreach (var rank in ranks)
            await rank.AttachAsync();
        await Task.WhenAll(ranks.Select(rank => rank.TrainAsync(head => head.Sharing != Sharing.Together)));
        await job.SealAsync(3, 3);
        foreach (var rank in ranks)
            await rank.DisposeAsync();
        var saved = Path.Combine(job.Folder, "checkpoints", "step-3");
        var found = await ExaminedAsync(new TinyJob(servers.All[0], ["steps=6", .. _keep, $"from.checkpoint={saved}"]));
        Assert.Equal(2, found.Problems.Count);
        Assert.All(found.Problems, problem => Assert.Contains($"{saved} is of a phase of {name} in which ranks have replicas of their own, or behind it; give a checkpoint from before; or use ", problem, StringComparison.Ordinal));
        Assert.Empty((await ExaminedAsync(new TinyJob(servers.All[0], "steps=6", $"from.checkpoint={saved}"))).Problems);
    }

    [Fact]
    public async Task With_a_data_root_no_path_leads_out_of_it()
    {
        using var folder = new TempFolder();
        var root = Directory.CreateDirectory(folder["root"]).FullName;
        WriteModel(Path.Combine(root, "model.safetensors"), new float[TinyModel.Layout.Length]);
        var outside = WriteModel(folder["model.safetensors"], new float[TinyModel.Layout.Length]);
        await using var server = new RealServer { DataRoot = root };
        await server.InitializeAsync();
        Assert.Empty((await server.Partitions.ExamineStartAsync(new TinyJob(server, "from.checkpoint=model.safetensors").Opening())).Problems);
        foreach (var path in (string[])["../model.safetensors", outside])
        {
            var found = await server.Partitions.ExamineStartAsync(new TinyJob(server, $"from.checkpoint={path}").Opening());
            Assert.Equal($"spec.from.checkpoint: '{path}' leads out of {root}, where this cluster has its data; name something in there, relative to it", Assert.Single(found.Problems));
        }
    }

    [Fact]
    public async Task A_job_that_nobody_has_looked_at_is_not_opened()
    {
        using var folder = new TempFolder();
        var job = new TinyJob(servers.All[0], $"from.checkpoint={WriteModel(folder["m"], new float[TinyModel.Layout.Length])}");
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(job.OpenAsync)).StatusCode);
    }

    /// <summary>A job of six steps, saved after four of them: the checkpoint, and the weights that it ends with.</summary>
    private async Task<(string Saved, float[] Last)> TrainedAsync(int count, string[] settings)
    {
        var job = await new TinyJob([.. servers.All.Take(count)], ["steps=6", $"checkpoint.everySteps={Step}", .. settings]).OpenAsync();
        await using var ranks = await RankGroup.AttachAsync(job);
        await ranks.TrainAsync(Step);
        await job.SealAsync(Step, Step);
        for (var step = Step; step < 6; step++)
            await ranks.StepAsync(step);
        var saved = Path.Combine(job.Folder, "checkpoints", $"step-{Step}");
        return (saved, [.. ranks.Vector]);
    }

    /// <summary>A job with the digest that its servers find.</summary>
    private async Task<TinyJob> StartedAsync(int count, string from, string[] settings)
    {
        TinyJob Job(params string[] more) => new([.. servers.All.Take(count)], ["steps=6", .. settings, $"from.checkpoint={from}", .. more]);
        var found = await ExaminedAsync(Job());
        Assert.Empty(found.Problems);
        return Job($"from.sha256='{found.Sha256}'");
    }

    private static async Task<StartExamination> ExaminedAsync(TinyJob job, string data = TinyJob.Data)
    {
        var opening = job.Opening();
        opening.DataFingerprint = data;
        return await job.Servers[0].Partitions.ExamineStartAsync(opening).ResponseAsync.For("the start is looked at");
    }

    private static string WriteModel(string path, float[] weights, ParameterLayout? layout = null)
    {
        using var file = File.Create(path);
        SafeTensorsWriter.Write(file, layout ?? TinyModel.Layout, weights.AsSpan(0, (layout ?? TinyModel.Layout).Length), new Dictionary<string, string>());
        return path;
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
    }
}
