using DistTrain.Optimization.Normalization;
using DistTrain.Torch.Models.Normalization;
using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Tests.Models.Normalization;

/// <summary>Several ranks with parts of a batch against one process with plain BatchNorm on the whole of it.</summary>
[Trait("Kind", "Fast")]
public class SyncBatchNormTests
{
    private const double Epsilon = 1e-5;

    public static TheoryData<int[], bool, bool> Parts => new()
    {
        { [6], true, false },
        { [3, 3], true, false },
        { [1, 4], false, false },
        { [0, 5], true, false },
        { [2, 0, 3], false, false },
        { [4, 1, 2], true, true },
        { [5, 2, 1], false, true },
        { [1, 2, 3, 4], true, false },
        { [1, 1, 1, 1], false, false },
        { [0, 0, 0, 2], true, false },
    };

    [Theory]
    [MemberData(nameof(Parts))]
    public void Ranks_equal_one_process_on_the_concatenated_batch(int[] rows, bool isImage, bool isStrided)
    {
        using var scope = NewDisposeScope();
        const int Channels = 3;
        manual_seed(7);
        long[] rest = isImage ? [4, 5] : [];
        // Far from 0, so that E[x²] − E[x]² would lose its digits.
        var x = randn([rows.Sum(), Channels, .. rest], dtype: float64) + 100;
        var upstream = randn([rows.Sum(), Channels, .. rest], dtype: float64);
        var (gamma, beta) = (randn(Channels, dtype: float64), randn(Channels, dtype: float64));
        var expected = Plain(x, upstream, gamma, beta);

        using var ranks = new RanksInOneProcess(rows.Length);
        var starts = rows.Select((_, rank) => rows[..rank].Sum()).ToArray();
        var parts = ranks.Run((rank, exchange) => Synchronized(
            Part(x, starts[rank], rows[rank], isStrided),
            Part(upstream, starts[rank], rows[rank], isStrided),
            gamma.clone(),
            beta.clone(),
            exchange));

        Close(expected.Y, cat([.. parts.Select(p => p.Y)]));
        Close(expected.Dx, cat([.. parts.Select(p => p.Dx)]));
        Close(expected.DGamma, parts.Select(p => p.DGamma).Aggregate((a, b) => a + b));
        Close(expected.DBeta, parts.Select(p => p.DBeta).Aggregate((a, b) => a + b));
        var moments = BatchMoments.Merge([.. parts.Select(p => p.Own)]);
        Assert.Equal(x.numel() / Channels, moments.Count);
        for (var channel = 0; channel < Channels; channel++)
        {
            Assert.Equal(expected.Mean[channel].item<double>(), moments.Mean[channel], 1e-10);
            Assert.Equal(expected.Variance[channel].item<double>(), moments.SquaredDeviations[channel] / (moments.Count - 1), 1e-10);
        }
    }

    /// <summary>float32 activations are passed over where they lie in memory, by other code than any other input.</summary>
    [Theory]
    [MemberData(nameof(Parts))]
    public void In_float32_they_do_so_to_its_digits(int[] rows, bool isImage, bool isStrided)
    {
        using var scope = NewDisposeScope();
        const int Channels = 3;
        manual_seed(8);
        long[] rest = isImage ? [4, 5] : [3, 3, 3];
        var x = randn([rows.Sum(), Channels, .. rest]) + 100;
        var upstream = randn([rows.Sum(), Channels, .. rest]);
        var (gamma, beta) = (randn(Channels), randn(Channels));
        var expected = Plain(x.to(float64), upstream.to(float64), gamma.to(float64), beta.to(float64));

        using var ranks = new RanksInOneProcess(rows.Length);
        var starts = rows.Select((_, rank) => rows[..rank].Sum()).ToArray();
        var parts = ranks.Run((rank, exchange) => Synchronized(
            Part(x, starts[rank], rows[rank], isStrided),
            Part(upstream, starts[rank], rows[rank], isStrided),
            gamma.clone(),
            beta.clone(),
            exchange));

        const double Tolerance = 2e-5;
        Close(expected.Y, cat([.. parts.Select(p => p.Y)]), Tolerance);
        Close(expected.Dx, cat([.. parts.Select(p => p.Dx)]), Tolerance);
        Close(expected.DGamma, parts.Select(p => p.DGamma).Aggregate((a, b) => a + b), Tolerance);
        Close(expected.DBeta, parts.Select(p => p.DBeta).Aggregate((a, b) => a + b), Tolerance);
    }

    [Fact]
    public void One_value_over_all_ranks_is_refused()
    {
        using var ranks = new RanksInOneProcess(2);
        var refused = Assert.Throws<ModelException>(() => ranks.Run((rank, exchange) =>
            Synchronized(ones(rank, 2, dtype: float64), ones(rank, 2, dtype: float64), ones(2, dtype: float64), zeros(2, dtype: float64), exchange)));
        Assert.Contains("one value has no variance", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>An exception that left backward would end the process. The layers before it have no gradient, and must not share what they get instead.</summary>
    [Fact]
    public void A_failure_in_backward_is_carried_out_of_it_and_ends_the_sharing()
    {
        using var scope = NewDisposeScope();
        var (pass, exchange) = (new ForwardPass { Parameters = [], Training = true }, new CutInBackward());
        var x = randn(4, 2, dtype: float64).requires_grad_();
        var y = x;
        for (var layer = 0; layer < 3; layer++)
            y = SyncBatchNorm.Apply(y, ones(2, dtype: float64), zeros(2, dtype: float64), new SyncBatchNormCall(exchange, layer, Epsilon, pass));
        y.sum().backward();
        Assert.Equal("cut", Assert.Throws<IOException>(() => pass.Fault!.Throw()).Message);
        Assert.Equal([2], exchange.Asked);
    }

    private static (Tensor Y, Tensor Dx, Tensor DGamma, Tensor DBeta, Tensor Mean, Tensor Variance) Plain(Tensor x, Tensor upstream, Tensor gamma, Tensor beta)
    {
        var (input, weight, bias) = (x.clone().requires_grad_(), gamma.clone().requires_grad_(), beta.clone().requires_grad_());
        var (mean, variance) = (zeros(x.shape[1], dtype: float64), zeros(x.shape[1], dtype: float64));
        var y = nn.functional.batch_norm(input, mean, variance, weight, bias, training: true, momentum: 1, eps: Epsilon);
        (y * upstream).sum().backward();
        return (y.detach(), input.grad!, weight.grad!, bias.grad!, mean, variance);
    }

    private static (Tensor Y, Tensor Dx, Tensor DGamma, Tensor DBeta, BatchMoments Own) Synchronized(
        Tensor x,
        Tensor upstream,
        Tensor gamma,
        Tensor beta,
        IMomentExchange exchange)
    {
        var pass = new ForwardPass { Parameters = [], Training = true };
        var input = x.detach().requires_grad_();
        gamma.requires_grad_();
        beta.requires_grad_();
        var call = new SyncBatchNormCall(exchange, Layer: 0, Epsilon, pass);
        var y = SyncBatchNorm.Apply(input, gamma, beta, call);
        (y * upstream).sum().backward();
        pass.Fault?.Throw();
        return (y.detach(), input.grad!, gamma.grad!, beta.grad!, call.Own);
    }

    /// <summary>A rank's rows; strided: with the elements of a row not side by side.</summary>
    private static Tensor Part(Tensor whole, int start, int rows, bool isStrided)
    {
        var part = whole.narrow(0, start, rows);
        if (!isStrided)
            return part.clone();
        var strided = part.transpose(0, 1).contiguous().transpose(0, 1);
        Assert.True(rows < 2 || !strided.is_contiguous());
        return strided;
    }

    private static void Close(Tensor expected, Tensor actual, double tolerance = 1e-10) =>
        Assert.True((expected - actual.to(float64)).abs().max().item<double>() < tolerance, $"{expected}\n{actual}");

    private sealed class CutInBackward : IMomentExchange
    {
        public BatchMoments Merge(int layer, BatchMoments own) => own;

        public List<int> Asked { get; } = [];

        public double[] Sum(int layer, double[] own)
        {
            Asked.Add(layer);
            throw new IOException("cut");
        }
    }
}
