using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Files;
using DistTrain.ParameterServer.Replicas;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Tests.Checkpoints;

/// <summary>What was altered on disk is refused, with the file's name.</summary>
[Trait("Kind", "Fast")]
public sealed class CheckpointReaderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_exact_vector_comes_back()
    {
        var expected = Write(servers: 2);
        var (folder, manifest) = CheckpointReader.Find(_folder.Path);
        Assert.Equal(StepFolder, folder);
        SameBits.Check(expected, CheckpointReader.ReadVector(folder, manifest));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(11)]
    public void More_servers_than_buckets_left_a_checkpoint_that_was_refused(int servers)
    {
        var expected = Write(servers);
        var (folder, manifest) = CheckpointReader.Find(_folder.Path);
        Assert.Contains(manifest.Parts, p => p.Elements == 0);
        SameBits.Check(expected, CheckpointReader.ReadVector(folder, manifest));
    }

    [Fact]
    public void A_flipped_bit_is_found_in_weights_and_slots()
    {
        Write(servers: 2);
        foreach (var at in new[] { 0, 5, 511, 512, 1000 })
        {
            var bytes = File.ReadAllBytes(Part(0));
            bytes[at] ^= 1;
            File.WriteAllBytes(Part(0), bytes);
            Refused($"{Part(0)}: SHA-256 is ", "the file was altered");
            bytes[at] ^= 1;
            File.WriteAllBytes(Part(0), bytes);
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public void A_part_of_another_length_is_refused(int difference)
    {
        Write(servers: 2);
        using (var part = File.OpenWrite(Part(1)))
            part.SetLength(part.Length + difference);
        Refused($"{Part(1)}: {1536 + difference} bytes, expected 1536");
    }

    [Fact]
    public void A_missing_part_is_refused()
    {
        Write(servers: 2);
        File.Delete(Part(1));
        Refused($"{Part(1)}: the part of server 1 is missing");
    }

    [Fact]
    public void A_checkpoint_without_a_manifest_does_not_exist()
    {
        Write(servers: 2);
        File.Delete(Manifest);
        Refused($"{_folder.Path}: no checkpoint here; expected manifest.json");
    }

    [Fact]
    public void A_step_that_was_never_sealed_is_passed_over()
    {
        Write(servers: 2);
        Directory.CreateDirectory(_folder["checkpoints/step-9"]);
        Assert.Equal(3, CheckpointReader.Find(_folder.Path).Manifest.Step);
    }

    [Fact]
    public void The_newest_step_is_the_one_with_the_highest_number()
    {
        Write(servers: 1, step: 10);
        Write(servers: 1, step: 9);
        Assert.Equal(10, CheckpointReader.Find(_folder.Path).Manifest.Step);
    }

    [Fact]
    public void A_manifest_that_is_not_json_is_refused()
    {
        Write(servers: 2);
        File.WriteAllText(Manifest, "{");
        Refused($"{Manifest}: ");
    }

    [Fact]
    public void A_manifest_without_its_last_part_gave_a_shorter_vector()
    {
        Write(servers: 2);
        Rewrite(m => m with { Parts = [m.Parts[0]] });
        Refused($"{StepFolder}: the parts have 128 elements, the layout 320: a part is not in manifest.json");
    }

    [Fact]
    public void A_gap_between_parts_is_refused()
    {
        Write(servers: 2);
        Rewrite(m => m with { Parts = [m.Parts[1]] });
        Refused($"{StepFolder}: element 0 is in no part or in two");
    }

    [Fact]
    public void A_part_that_stands_twice_is_refused()
    {
        Write(servers: 2);
        Rewrite(m => m with { Parts = [m.Parts[0], m.Parts[0], m.Parts[1]] });
        Refused($"{StepFolder}: element 128 is in no part or in two");
    }

    [Fact]
    public void A_file_outside_the_checkpoint_is_not_read()
    {
        Write(servers: 2);
        File.Copy(Part(1), _folder["server-1.bin"]);
        File.Delete(Part(1));
        Rewrite(m => m with { Parts = [m.Parts[0], m.Parts[1] with { File = "../../server-1.bin" }] });
        Refused($"{Part(1)}: the part of server 1 is missing");
    }

    private string StepFolder => _folder["checkpoints/step-3"];

    private string Manifest => Path.Combine(StepFolder, CheckpointManifest.FileName);

    private string Part(int server) => Path.Combine(StepFolder, $"server-{server}.bin");

    /// <summary>A sealed checkpoint of version 0 under another step's number.</summary>
    /// <returns>Its vector.</returns>
    private float[] Write(int servers, long step = 3)
    {
        var layout = TinyModel.Layout;
        var job = new TinyJob(new RealServer[servers]);
        var vector = new float[layout.Length];
        VersionZero.Fill(layout, job.Job.Spec.Seed, 0, vector);
        var folder = new CheckpointFolder(_folder.Path, Disk.Real);
        var parts = Enumerable.Range(0, servers).Select(server =>
        {
            var plan = new PartitionPlan(job.Id, 1, job.Job, layout, server, servers, trainExamples: 12, testExamples: 0, TinyJob.Data);
            var open = new OpenStep(step, Position.Start(), Take: 4, Evaluate: false, Rate: 0);
            var snapshot = new Snapshot(new ReplicaGroup(plan, [0], open), open, plan);
            foreach (var bucket in plan.Buckets)
                snapshot.Capture(bucket, vector.AsSpan(bucket.Offset, bucket.Length), [new float[plan.Length]], plan.Offset);
            return ManifestPart.Of(folder.WritePart(snapshot, plan));
        });
        folder.WriteManifest(Manifests.Any with { Step = step, Layout = LayoutJson.Write(layout), Parts = [.. parts] }, server: 0);
        return vector;
    }

    private void Rewrite(Func<CheckpointManifest, CheckpointManifest> change) =>
        File.WriteAllBytes(Manifest, change(CheckpointManifest.FromJson(File.ReadAllBytes(Manifest))).ToJson());

    private void Refused(params string[] parts)
    {
        var refused = Assert.Throws<CheckpointException>(() =>
        {
            var (folder, manifest) = CheckpointReader.Find(_folder.Path);
            return CheckpointReader.ReadVector(folder, manifest);
        });
        Assert.StartsWith(parts[0], refused.Message, StringComparison.Ordinal);
        Assert.All(parts, part => Assert.Contains(part, refused.Message, StringComparison.Ordinal));
    }
}
