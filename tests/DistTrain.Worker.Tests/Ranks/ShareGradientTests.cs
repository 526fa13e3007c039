using DistTrain.Protocol;
using DistTrain.Torch.Replicas;
using DistTrain.Worker.Ranks;
using DistTrain.Worker.Tests.Fixtures;

namespace DistTrain.Worker.Tests.Ranks;

[Trait("Kind", "Fast")]
public sealed class ShareGradientTests : IDisposable
{
    private const string NextToken = "model={name: transformer, width: 8, depth: 1, heads: 2}";

    private readonly TempFolder _folder = new();

    public ShareGradientTests()
    {
        File.WriteAllLines(_folder["train.txt"], Enumerable.Range(0, 24).Select(i => string.Concat(Enumerable.Range(i, 1 + (i * 5 % 11)).Select(n => (char)('a' + (n * n % 7))))));
        File.WriteAllText(_folder["test.txt"], "abc");
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Shares have different numbers of labels, and each rank divides by those of the step.</summary>
    [Theory]
    [InlineData("task.name=nextToken", NextToken)]
    [InlineData("task={name: maskedToken, share: 0.3}", "model={name: bert, width: 8, depth: 1, heads: 2}")]
    public void Four_ranks_add_up_to_one(string task, string model)
    {
        var (gradient, share) = Job(1, task, model).GradientOf(0);
        var parts = Enumerable.Range(0, 4).Select(rank => Job(4, task, model).GradientOf(rank)).ToList();

        Assert.True(parts.Select(part => part.Share.Batch.LossSum).Distinct().Count() > 1, "shares are not alike");
        Assert.Equal(share.Batch.LossSum, parts.Sum(part => part.Share.Batch.LossSum), 1e-5);
        Assert.Equal(share.Batch.Correct, parts.Sum(part => part.Share.Batch.Correct), 1e-9);
        var largest = gradient.Max(Math.Abs);
        for (var i = 0; i < gradient.Length; i++)
            Assert.Equal(gradient[i], parts.Sum(part => part.Gradient[i]), 1e-5f * largest);
    }

    /// <summary>Ranks that take steps of their own divide by their own labels: a share of two examples is a batch of two.</summary>
    [Fact]
    public void A_rank_by_itself_divides_by_its_own_labels()
    {
        var job = Job(4, "task.name=nextToken", NextToken);
        using var replica = new Replica(job.Model, capacity: 8);
        job.Vector.CopyTo(replica.Parameters);
        var head = SmallJob.Head(0);
        head.Sharing = Sharing.Local;
        var share = new ShareGradient(job.Spec, job.Data.Train, replica, moments: null, CancellationToken.None);
        var batch = share.Of(head, rank: 1).Batch;
        var alone = replica.Evaluate(job.Data.Train, share.ExamplesOf(head, rank: 1).Span, job.Data.Train.DivisorOf(share.ExamplesOf(head, rank: 1).Span));

        Assert.Equal(2, batch.Examples);
        Assert.Equal(alone.LossSum, batch.LossSum, 1e-5);
    }

    [Fact]
    public void What_is_hidden_changes_with_the_epoch_and_not_with_the_rank()
    {
        var job = Job(2, "task={name: maskedToken, share: 0.3}", "model={name: bert, width: 8, depth: 1, heads: 2}");
        using var replica = new Replica(job.Model, capacity: 8);
        var share = new ShareGradient(job.Spec, job.Data.Train, replica, moments: null, CancellationToken.None);
        var (first, second) = (SmallJob.Head(0), SmallJob.Head(0));
        second.Position.Epoch = 1;

        Assert.NotEqual(Shown(first), Shown(second));
        Assert.Equal(Shown(first), Shown(SmallJob.Head(1)));

        string Shown(VersionHead head)
        {
            var (data, labels) = (share.DataOf(head), new long[12]);
            data.CopyLabels(17, labels);
            return string.Join(' ', labels);
        }
    }

    private SmallJob Job(int workers, string task, string model) =>
        new($"dataset={{name: text, path: {_folder.Path}, documents: padded, context: 12}}", task, model, $"workers={workers}");
}
