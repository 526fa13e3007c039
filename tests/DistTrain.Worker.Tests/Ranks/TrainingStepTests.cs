using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DistTrain.Optimization.Order;
using DistTrain.Protocol;
using DistTrain.Torch.Replicas;
using DistTrain.Worker.Ranks;
using DistTrain.Worker.Tests.Doubles;
using DistTrain.Worker.Tests.Fixtures;

namespace DistTrain.Worker.Tests.Ranks;

/// <summary>One step of a rank on a real stream to a server that a test scripts.</summary>
[Trait("Kind", "Fast")]
public sealed class TrainingStepTests : IAsyncLifetime
{
    private SmallJob _job = null!;
    private ScriptedServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _job = new SmallJob();
        _server = await ScriptedServer.StartAsync();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task It_pushes_the_gradient_of_its_share_with_what_the_ledger_needs_and_returns_with_the_next_version()
    {
        await RunAsync(SmallJob.Head(0), async stream =>
        {
            var (gradient, contribution) = await stream.GradientAsync(0, _job.Layout);
            var (alone, share) = _job.GradientOf(0);
            Assert.Equal(alone, gradient);
            Assert.Equal(Permutation.Of(_job.Spec.Seed, 0, 0, 64)[..4], share.Used.ToArray());
            Assert.Equal((4, share.Batch.LossSum, ExampleDigest.Of(share.Used.Span)), (contribution.Examples, contribution.LossSum, contribution.ExamplesDigest));
        });
    }

    /// <summary>It is told before the rank's own chunks, and changes neither those nor the ledger.</summary>
    [Fact]
    public async Task A_replay_tells_what_another_rank_s_gradient_is_and_leaves_its_own_as_it_was()
    {
        var head = SmallJob.Head(0);
        head.Replay = new ReplayOrder { Rank = 1, By = 0 };
        await RunAsync(head, async stream =>
        {
            var digest = (await stream.NextAsync("the digest"))!.Digest;
            Assert.Equal((0L, 1), (digest.Step, digest.Rank));
            Assert.Equal(DigestOf(_job.GradientOf(1).Gradient), digest.Segments.Select(s => s.ToByteArray()));
            var (gradient, contribution) = await stream.GradientAsync(0, _job.Layout);
            var (alone, share) = _job.GradientOf(0);
            Assert.Equal(alone, gradient);
            Assert.Equal((0, ExampleDigest.Of(share.Used.Span)), (contribution.Rank, contribution.ExamplesDigest));
        });
    }

    [Fact]
    public async Task The_rank_that_is_replayed_tells_its_own_gradient()
    {
        var head = SmallJob.Head(0);
        head.Replay = new ReplayOrder { Rank = 0, By = 1 };
        await RunAsync(head, async stream =>
        {
            var digest = (await stream.NextAsync("the digest"))!.Digest;
            Assert.Equal(0, digest.Rank);
            Assert.Equal(DigestOf(_job.GradientOf(0).Gradient), digest.Segments.Select(s => s.ToByteArray()));
            await stream.GradientAsync(0, _job.Layout);
        });
    }

    [Fact]
    public async Task What_is_not_finite_ends_the_rank_before_anything_of_it_is_pushed()
    {
        _job.Vector[0] = float.NaN;
        var fault = await Assert.ThrowsAsync<RankFaultException>(() => RunAsync(SmallJob.Head(0), _ => Task.CompletedTask, isPushed: false));
        Assert.StartsWith("rank 0, step 0: the gradient of ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_steps_are_judged_over_all_ranks_it_is_said_beside_the_gradient()
    {
        _job = new SmallJob("numerics.policy=skip-step");
        _job.Vector[0] = float.NaN;
        await RunAsync(SmallJob.Head(0), async stream =>
            Assert.Contains("is not finite", (await stream.GradientAsync(0, _job.Layout)).Contribution.NotFinite, StringComparison.Ordinal));
    }

    private IEnumerable<byte[]> DigestOf(float[] gradient) =>
        _job.Layout.Segments.Select(segment => SHA256.HashData(MemoryMarshal.AsBytes(gradient.AsSpan(segment.Offset, segment.Length))));

    /// <summary>Runs rank 0's step from <paramref name="head"/>; the server does its part, and gives the next version if it gets a gradient.</summary>
    private async Task RunAsync(VersionHead head, Func<RankStream, Task> serve, bool isPushed = true)
    {
        using var replica = new Replica(_job.Model, _job.Spec.LargestMicroBatch);
        // A step blocks its thread, as a rank's own does.
        var stepping = Task.Factory.StartNew(
            () =>
            {
                using var servers = ServerAttachment.Open(_job.Assignment(0, _server.Endpoint), SmallJob.Home, sharesMoments: false, _job.Data, VersionPlace.Of(replica), gradient: null, CancellationToken.None);
                var gradient = new ShareGradient(_job.Spec, _job.Data.Train, replica, moments: null, CancellationToken.None);
                using var step = new TrainingStep(_job.Spec, rank: 0, gradient, servers, trace: null, new RankTimes());
                return step.Run(servers.Head, evaluationMilliseconds: 0);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        var stream = await _server.RankAsync();
        await stream.TakeInAsync(head, _job.Layout, _job.Vector);
        await serve(stream);
        if (!isPushed)
        {
            // The rank drops its stream as it ends: nothing more can be said to it.
            await stepping.For("the rank has ended");
            return;
        }

        var next = new float[_job.Layout.Length];
        next[3] = 7;
        await stream.GiveAsync(SmallJob.Head(1), _job.Layout, next);
        Assert.Equal(1, (await stepping.For("the step is over")).Version);
        Assert.Equal(next, replica.Parameters.ToArray());
    }
}
