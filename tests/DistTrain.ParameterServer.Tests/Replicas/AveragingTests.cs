using System.Runtime.InteropServices;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Replicas;

/// <summary>
/// Replicas that part, go their own ways and are averaged, on one and on two servers, against the same in one place; three steps of four
/// examples make an epoch.
/// </summary>
[Trait("Kind", "Fast")]
public sealed class AveragingTests(ThreeServers servers) : IClassFixture<ThreeServers>
{
    private const int Epoch = 3;

    private static readonly string[] _swap =
    [
        "workers=3", "epochs=4", "averaging.name=swap", "averaging.trainAccuracy=0.9", "averaging.batch=5", "averaging.epochs=2", "averaging.lr=0.03",
        "averaging.momentum=0.5", "averaging.weightDecay=0.01",
    ];

    private static readonly string[] _postLocal =
        ["workers=3", "epochs=4", "averaging.name=post-local", "averaging.startEpoch=1", "averaging.everySteps=2"];

    /// <summary>The first phase ends with the first epoch that is accurate enough, or with the job's epochs.</summary>
    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(2, 4)]
    public async Task Swap_parts_refines_with_slots_from_zero_and_ends_with_the_mean(int count, int phaseOne)
    {
        var job = await OpenAsync(count, _swap);
        var rate = job.Job.Spec.Optimizer.Options.Number("lr");
        await using var ranks = await Cohort.AttachAsync(job, rank => new Trainee(job, rank)
        {
            Accuracy = head => phaseOne < 4 && head.Position.Epoch == phaseOne - 1 ? 1 : 0.5,
        });
        await ranks.TrainAsync();

        // Together: every rank holds the same version.
        var common = ReferenceReplica.Start(job);
        var parting = phaseOne * Epoch;
        for (var version = 0; version < parting; version++)
        {
            common.Step(ranks.Gradients(version), ranks.Examples(version), rate);
            ranks.Check(version + 1, common.Vector);
        }

        // Alone: two passes over twelve examples in steps of five, in an order of each rank's own.
        var alone = Enumerable.Range(0, 3).Select(_ => common.Copy(withVelocity: false)).ToList();
        for (var done = 0; done < 6; done++)
        {
            var version = parting + done;
            foreach (var rank in ranks.Ranks)
            {
                var head = rank.Versions[version].Head;
                Assert.Equal((Sharing.Alone, done == 0, new[] { 5, 5, 2 }[done % 3]), (head.Sharing, head.Evaluate, head.Take));
                Assert.Equal((1, rank.Rank, phaseOne + (done / 3), 5 * (done % 3)), (head.Position.Phase, head.Position.Group, head.Position.Epoch, head.Position.Cursor));
                alone[rank.Rank].Step([Trainee.Gradient(head, rank.Rank)], [head.Take], 0.03 * (1 - (done / 6.0)), job.Job.Spec.Averaging.Options);
                if (done < 5)
                    SameBits.Check(alone[rank.Rank].Vector, rank.Versions[version + 1].Vector);
            }
        }

        // Together again: the mean, its statistics, the end.
        var (averaged, last) = (parting + 6, parting + 7);
        var mean = ReferenceReplica.Mean(alone);
        ranks.Check(averaged, mean.Vector);
        CheckStatisticsStep(ranks, averaged);
        mean.TakeStatistics(ranks.Gradients(averaged), ranks.Examples(averaged));
        ranks.Check(last, mean.Vector);
        var status = await FinishedAsync(job, last);
        Assert.All(status, s => Assert.Contains(
            phaseOne == 2 ? "ended after 2 epoch(s) with train accuracy 100.00" : "90.00 % was not reached",
            s.Note.Replace("90.00%", "90.00 %", StringComparison.Ordinal),
            StringComparison.Ordinal));

        await CheckCheckpointAsync(job, parting, common.Vector, common.Velocity);
        await job.StopAsync();
        await CheckCheckpointAsync(job, last, mean.Vector, velocity: null);
        SameBits.Check(mean.Vector, await job.ReadVersionAsync());
        var (steps, evaluations) = await MetricsAsync(job);
        Assert.Equal(Enumerable.Range(1, parting + 6).Select(s => (long)s), steps.Select(s => s.Step));
        // All three refine at once: each step is as many examples of each.
        Assert.Equal([15, 15, 6, 15, 15, 6], steps.Skip(parting).Select(s => s.Examples));
        Assert.All(steps.Skip(parting).Index(), s => Assert.Equal(0.03 * (1 - (s.Index / 6.0)), s.Item.LearningRate, 1e-15));
        Assert.Equal([.. Enumerable.Range(1, phaseOne).Select(e => (long)Epoch * e), last], evaluations.Select(e => e.Step));
        Assert.All(evaluations, e => Assert.Equal((6, 0.5, 0.5), (e.Examples, e.Accuracy, e.Loss)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(2, 0)]
    public async Task Post_local_averages_every_few_steps_and_each_replica_keeps_its_slots(int count, int startEpoch)
    {
        var job = await OpenAsync(count, [.. _postLocal, $"averaging.startEpoch={startEpoch}"]);
        var rate = job.Job.Spec.Optimizer.Options.Number("lr");
        await using var ranks = await Cohort.AttachAsync(job);
        await ranks.TrainAsync();

        var common = ReferenceReplica.Start(job);
        var parting = startEpoch * Epoch;
        for (var version = 0; version < parting; version++)
        {
            common.Step(ranks.Gradients(version), ranks.Examples(version), rate);
            ranks.Check(version + 1, common.Vector);
        }

        var local = Enumerable.Range(0, 3).Select(_ => common.Copy(withVelocity: true)).ToList();
        for (var version = parting; version < 4 * Epoch; version++)
        {
            foreach (var rank in ranks.Ranks)
            {
                var head = rank.Versions[version].Head;
                // Data go on as before: one order, and each rank has its share of the step.
                Assert.Equal((Sharing.Local, 4, version / Epoch, 4 * (version % Epoch), 0), (head.Sharing, head.Take, head.Position.Epoch, head.Position.Cursor, head.Position.Group));
                Assert.Equal(version == parting && version > 0, head.Evaluate);
                local[rank.Rank].Step([Trainee.Gradient(head, rank.Rank)], [Trainee.Examples(job, head, rank.Rank)], rate);
            }

            if ((version + 1 - parting) % 2 == 0 || version + 1 == 4 * Epoch)
            {
                var mean = ReferenceReplica.Mean(local);
                local.ForEach(replica => replica.Take(mean));
            }

            foreach (var rank in ranks.Ranks)
                SameBits.Check(local[rank.Rank].Vector, rank.Versions[version + 1].Vector);
        }

        CheckStatisticsStep(ranks, 12);
        local[0].TakeStatistics(ranks.Gradients(12), ranks.Examples(12));
        ranks.Check(13, local[0].Vector);
        await FinishedAsync(job, 13);
        await CheckCheckpointAsync(job, 13, local[0].Vector, velocity: null);
        await job.StopAsync();
        var (steps, evaluations) = await MetricsAsync(job);
        Assert.Equal(Enumerable.Range(1, 12).Select(s => (long)s), steps.Select(s => s.Step));
        Assert.All(steps, s => Assert.Equal((4, rate), (s.Examples, s.LearningRate)));
        Assert.Equal(startEpoch == 0 ? [13L] : [3, 13], evaluations.Select(e => e.Step));
    }

    /// <summary>The last version always counts, also where the job ends between two that would.</summary>
    [Theory]
    [InlineData(1, 2, 1, 4, new[] { 6, 9, 12 })]
    [InlineData(2, 2, 1, 4, new[] { 6, 9, 12 })]
    [InlineData(2, 1, 2, 5, new[] { 3, 9, 15 })]
    [InlineData(2, 1, 2, 4, new[] { 3, 9, 12 })]
    [InlineData(1, 4, 1, 4, new[] { 12 })]
    [InlineData(1, 1, 9, 4, new[] { 3, 12 })]
    public async Task Swa_ends_with_the_mean_of_the_versions_that_count(int count, int startEpoch, int everyEpochs, int epochs, int[] sampled)
    {
        var job = await OpenAsync(count, [$"epochs={epochs}", "averaging.name=swa", $"averaging.startEpoch={startEpoch}", $"averaging.everyEpochs={everyEpochs}"]);
        var rate = job.Job.Spec.Optimizer.Options.Number("lr");
        await using var ranks = await Cohort.AttachAsync(job);
        await ranks.TrainAsync();
        var reference = ReferenceReplica.Start(job);
        var (mean, samples) = (new float[job.Layout.Length], 0);
        var last = epochs * Epoch;
        for (var version = 0; version < last; version++)
        {
            reference.Step(ranks.Gradients(version), ranks.Examples(version), rate);
            if (sampled.Contains(version + 1))
            {
                var share = 1f / ++samples;
                for (var i = 0; i < mean.Length; i++)
                    mean[i] += (reference.Vector[i] - mean[i]) * share;
            }

            if (version + 1 < last)
                ranks.Check(version + 1, reference.Vector);
        }

        Assert.Equal(sampled.Length, samples);
        ranks.Check(last, mean);
        CheckStatisticsStep(ranks, last);
        mean.CopyTo(reference.Vector, 0);
        reference.TakeStatistics(ranks.Gradients(last), ranks.Examples(last));
        ranks.Check(last + 1, reference.Vector);
        await FinishedAsync(job, last + 1);
        // The running mean is saved behind the slots.
        await CheckCheckpointAsync(job, last + 1, reference.Vector, reference.Velocity, mean);
    }

    /// <summary>A rank dies before every step when the first server has its push and has gone on without it: parted, averaged, ended.</summary>
    [Theory]
    [InlineData("swap")]
    [InlineData("post-local")]
    [InlineData("swa")]
    public async Task A_rank_that_dies_between_servers_at_every_step_changes_no_bit(string averaging)
    {
        string[] overrides = averaging switch
        {
            "swap" => [.. _swap, "averaging.trainAccuracy=0.4"],
            "post-local" => _postLocal,
            _ => ["workers=3", "epochs=2", "averaging.name=swa", "averaging.startEpoch=1"],
        };
        var undisturbed = await OpenAsync(1, overrides);
        await using var expected = await Cohort.AttachAsync(undisturbed);
        await expected.TrainAsync();
        var job = await OpenAsync(2, overrides);
        await using var actual = await Cohort.AttachAsync(job, rank => new Trainee(job, rank) { DiesAt = _ => rank == 2 });
        await actual.TrainAsync();
        foreach (var (rank, same) in actual.Ranks.Zip(expected.Ranks))
        {
            Assert.Equal(same.Versions.Keys, rank.Versions.Keys);
            foreach (var (version, (head, vector)) in same.Versions)
            {
                Assert.Equal(head, rank.Versions[version].Head);
                SameBits.Check(vector, rank.Versions[version].Vector);
            }
        }

        await FinishedAsync(job, expected.Ranks[0].Head.Version);
    }

    /// <summary>The replicas of a rule with norms exchange them in rounds of their own; those that refine have a rule without.</summary>
    [Theory]
    [InlineData("swap")]
    [InlineData("post-local")]
    public async Task Replicas_under_norms_over_servers_have_the_bits_of_one_server(string averaging)
    {
        string[] overrides = [.. averaging == "swap" ? _swap : _postLocal, "optimizer.name=lamb", "optimizer.variant=nvlamb"];
        var vectors = new List<float[]>();
        for (var count = 1; count <= 3; count++)
        {
            var job = await OpenAsync(count, overrides);
            await using var ranks = await Cohort.AttachAsync(job, rank => new Trainee(job, rank)
            {
                DiesAt = head => rank == 1 && count > 1 && head.Version % 4 == 3,
                FirstServerGoesAhead = false,
            });
            await ranks.TrainAsync();
            await FinishedAsync(job, ranks.Ranks[0].Head.Version);
            vectors.Add(ranks.Ranks[0].Versions.Values.Last().Vector);
        }

        SameBits.Check(vectors[0], vectors[1]);
        SameBits.Check(vectors[0], vectors[2]);
    }

    /// <summary>LARS leaves the norms of the weights it writes to its next step; where the mean takes their place, the norms are the mean's.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Norms_after_an_average_are_those_of_the_mean(int count)
    {
        var job = await OpenAsync(count, [.. _postLocal, "averaging.startEpoch=0", "optimizer.name=lars", "optimizer.coefficient=0.1"]);
        await using var ranks = await Cohort.AttachAsync(job);
        await ranks.TrainAsync();

        var optimizer = job.Job.Spec.Optimizer;
        var rate = optimizer.Options.Number("lr");
        var buckets = job.Layout.Buckets;
        List<FlatUpdate<float>> updates = [.. ranks.Ranks.Select(_ => new FlatUpdate<float>(OptimizerCatalog.Find("lars")!.Create<float>(optimizer.Options), job.Layout, buckets))];
        for (var version = 0; version < 4 * Epoch; version++)
        {
            List<float[]> next = [];
            foreach (var rank in ranks.Ranks)
            {
                var (head, weights) = rank.Versions[version];
                var (update, gradient, stepped) = (updates[rank.Rank], Trainee.Gradient(head, rank.Rank), new float[weights.Length]);
                var time = new UpdateTime(version, rate, rate, (double)version / Epoch);
                foreach (var bucket in buckets)
                {
                    update.Forget(bucket);
                    update.Measure(bucket, time, Of(weights, bucket), Of(gradient, bucket), Of(stepped, bucket));
                }

                update.Combine(update.PieceSums.Span);
                foreach (var bucket in buckets)
                    update.Step(bucket, time, Of(weights, bucket), Of(gradient, bucket), Of(stepped, bucket));
                next.Add(stepped);
            }

            // (a + b) + c over three, in the order of the ranks' tree.
            if ((version + 1) % 2 == 0)
            {
                var mean = next[0].Zip(next[1], (a, b) => a + b).Zip(next[2], (ab, c) => (ab + c) / 3).ToArray();
                next = [mean, mean, mean];
            }

            foreach (var segment in job.Layout.Segments.Where(s => !s.IsBuffer))
            {
                foreach (var (rank, expected) in ranks.Ranks.Zip(next))
                    SameBits.Check(expected.AsSpan(segment.Offset, segment.Length), rank.Versions[version + 1].Vector.AsSpan(segment.Offset, segment.Length));
            }
        }

        static Span<float> Of(float[] vector, Bucket bucket) => vector.AsSpan(bucket.Offset, bucket.Length);
    }

    /// <summary>The mean over three of the same number need not be that number: 3w/3 rounds twice.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_frozen_tensor_keeps_its_bits_through_averages_and_the_others_train(int count)
    {
        var job = await OpenAsync(count, [.. _postLocal, "averaging.startEpoch=0", "optimizer.weightDecay=0.1", "freeze=[fc1.weight]"]);
        await using var ranks = await Cohort.AttachAsync(job);
        await ranks.TrainAsync();
        var (first, last) = (ranks.Ranks[0].Versions[0].Vector, ranks.Ranks[0].Versions[4 * Epoch].Vector);
        foreach (var segment in job.Layout.Segments)
        {
            Assert.Equal(
                segment.Name == "fc1.weight",
                first.AsSpan(segment.Offset, segment.Length).SequenceEqual(last.AsSpan(segment.Offset, segment.Length)));
        }
    }

    /// <summary>With one rank there is nothing to average, but the phases are the same: slots that were zeroed once, not before every step.</summary>
    [Fact]
    public async Task Swap_of_one_rank_refines_with_momentum()
    {
        var job = await OpenAsync(1, [.. _swap, "workers=1", "epochs=1"]);
        await using var ranks = await Cohort.AttachAsync(job);
        await ranks.TrainAsync();
        var reference = ReferenceReplica.Start(job);
        for (var version = 0; version < Epoch; version++)
            reference.Step(ranks.Gradients(version), ranks.Examples(version), job.Job.Spec.Optimizer.Options.Number("lr"));
        reference = reference.Copy(withVelocity: false);
        for (var done = 0; done < 6; done++)
        {
            reference.Step(ranks.Gradients(Epoch + done), ranks.Examples(Epoch + done), 0.03 * (1 - (done / 6.0)), job.Job.Spec.Averaging.Options);
            ranks.Check(Epoch + done + 1, reference.Vector);
        }

        await FinishedAsync(job, 10);
        // The version at the parting and the last one are saved, and no other.
        Assert.Equal([3L, 10], (await job.SavedAsync(10))[0].Saved.Select(p => p.Step));
    }

    /// <summary>Also with one rank: what it refines by has other slots than the job's optimizer, so its own version is no checkpoint of the job.</summary>
    [Theory]
    [InlineData(1, 3, "momentum")]
    [InlineData(2, 3, "momentum")]
    [InlineData(2, 3, "adam")]
    [InlineData(1, 1, "adam")]
    public async Task A_stop_while_ranks_are_on_their_own_leaves_the_version_at_which_they_parted(int count, int workers, string optimizer)
    {
        var job = await OpenAsync(count, [.. _swap, "epochs=1", $"workers={workers}", $"optimizer.name={optimizer}"]);
        await using var ranks = await Cohort.AttachAsync(job);
        // One is a step ahead of another, and the third has not begun.
        await ranks.TrainAsync(head => head.Sharing == Sharing.Alone);
        await ranks.Ranks[0].StepAsync();
        await ranks.Ranks[0].StepAsync();
        if (workers > 1)
        {
            await ranks.Ranks[1].StepAsync();
            await ranks.Ranks[2].PushAsync(server: 0);
        }

        var common = ranks.Ranks[0].Versions[Epoch].Vector;

        var status = await job.StopAsync();
        Assert.All(status, s => Assert.Equal((true, false), (s.Stopped, s.Finished)));
        Assert.All(status, s => Assert.Equal([(long)Epoch], s.Saved.Select(p => p.Step)));
        foreach (var rank in ranks.Ranks)
            Assert.All(await rank.EndAsync(), end => Assert.Equal(StatusCode.Cancelled, end.StatusCode));
        await CheckCheckpointAsync(job, Epoch, common, velocity: null);
        SameBits.Check(common, await job.ReadVersionAsync());
        await job.ReleaseAsync();
        SameBits.Check(common, await job.ReadVersionAsync());
    }

    private static void CheckStatisticsStep(Cohort ranks, long version)
    {
        foreach (var rank in ranks.Ranks)
        {
            var head = rank.Versions[version].Head;
            Assert.Equal((StepKind.Statistics, Sharing.Together, 12, false), (head.Kind, head.Sharing, head.Take, head.Evaluate));
            Assert.Equal((2, 0, 0), (head.Position.Phase, head.Position.Cursor, head.Position.Group));
            Assert.Equal((0, true), (rank.Head.Take, rank.Head.Evaluate));
            Assert.Equal(version + 1, rank.Head.Version);
        }
    }

    private static async Task<PartitionStatus[]> FinishedAsync(TinyJob job, long last)
    {
        var status = await Waiting.UntilAsync(job.StatusAsync, all => all.All(s => s.Finished), "the job is finished");
        Assert.All(status, s => Assert.Equal((last, last, ""), (s.Version, s.TotalSteps, s.Error)));
        return status;
    }

    /// <summary>Seals the checkpoint and reads it back.</summary>
    /// <param name="job">The job.</param>
    /// <param name="step">A step that is saved.</param>
    /// <param name="vector">What it must hold.</param>
    /// <param name="velocity">The optimizer's slot; null: not looked at.</param>
    /// <param name="mean">The vector behind it, if any.</param>
    private static async Task CheckCheckpointAsync(TinyJob job, long step, float[] vector, float[]? velocity, float[]? mean = null)
    {
        await job.SealAsync(step, step);
        var (folder, manifest) = CheckpointReader.Find(job.Folder);
        Assert.Equal(step, manifest.Step);
        SameBits.Check(vector, CheckpointReader.ReadVector(folder, manifest));
        foreach (var part in manifest.Parts)
        {
            var floats = MemoryMarshal.Cast<byte, float>(await File.ReadAllBytesAsync(Path.Combine(folder, part.File))).ToArray();
            if (velocity is not null)
                SameBits.Check(velocity.AsSpan(part.FirstElement, part.Elements), floats.AsSpan(part.Elements, part.Elements));
            if (mean is not null)
                SameBits.Check(mean.AsSpan(part.FirstElement, part.Elements), floats.AsSpan(2 * part.Elements, part.Elements));
        }
    }

    private static async Task<(List<StepMetrics> Steps, List<EvaluationMetrics> Evaluations)> MetricsAsync(TinyJob job)
    {
        var events = (await File.ReadAllLinesAsync(Path.Combine(job.Folder, "metrics.jsonl"))).Select(line => MetricsJson.Read(line)).ToList();
        return ([.. events.Where(e => e.Step is not null).Select(e => e.Step)], [.. events.Where(e => e.Evaluation is not null).Select(e => e.Evaluation)]);
    }

    private async Task<TinyJob> OpenAsync(int count, string[] overrides) =>
        // Some ranks are on the servers' machine, others elsewhere.
        await new TinyJob([.. servers.All.Take(count)], ["steps=null", .. overrides]) { TestExamples = 10, SharesMemory = rank => rank % 2 == 0 }.OpenAsync();
}
