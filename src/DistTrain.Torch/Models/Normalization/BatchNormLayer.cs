using DistTrain.Torch.Passes;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace DistTrain.Torch.Models.Normalization;

/// <summary>
/// y = γ·(x − μ)/sqrt(σ² + ε) + β (1502.03167), with the running statistics in evaluation and while training with those of the scope's examples:
/// all ranks that exchange moments, this rank's micro-batch, or so many examples of it (ghost batches). Its own examples' moments go to the
/// recorder, whatever the scope; the server merges them over ranks into the running statistics.
/// </summary>
/// <param name="weight">Segment of γ.</param>
/// <param name="bias">Segment of β.</param>
/// <param name="statistics">Segment of the running statistics.</param>
/// <param name="epsilon">Added to the variance.</param>
/// <param name="ghost">Examples of a ghost batch; 0: there are none.</param>
internal sealed class BatchNormLayer(int weight, int bias, int statistics, double epsilon, int ghost) : Layer
{
    public override bool GivesItsOwn => true;

    public override Tensor Forward(Tensor x, ForwardPass pass)
    {
        var (gamma, beta) = (pass.Parameters[weight], pass.Parameters[bias]);
        if (!pass.Training)
        {
            var (mean, variance) = Running(pass);
            return functional.batch_norm(x, mean, variance, gamma, beta, training: false, eps: epsilon);
        }

        if (pass.Exchange is { } exchange)
        {
            var call = new SyncBatchNormCall(exchange, statistics, epsilon, pass);
            var synchronized = SyncBatchNorm.Apply(x.to(gamma.dtype), gamma, beta, call);
            pass.Moments?.Invoke(statistics, call.Own);
            return synchronized.to(x.dtype);
        }

        if (ghost == 0 || x.shape[0] <= ghost)
            return Normalize(x, gamma, beta, pass);
        return cat([.. x.split(ghost).Select(part => Normalize(part, gamma, beta, pass))]);
    }

    /// <summary>In training mode a rank's statistics are its own: those of others are not asked for (<see cref="ModelBlueprint.WhyNoSecondDerivative"/>).</summary>
    public override Dual Forward(Dual x, ForwardPass pass)
    {
        var y = Forward(x.Value, pass);
        if (!pass.Training)
        {
            var (mean, variance) = Running(pass);
            return new Dual(y, NormSlope.OfStatistics(x, pass, weight, bias, mean, variance, epsilon));
        }

        var size = ghost == 0 ? x.Value.shape[0] : ghost;
        var slopes = x.Slope?.split(size);
        return new Dual(y, cat([.. x.Value.split(size).Select((part, i) => SlopeOf(new Dual(part, slopes?[i]), pass))]));
    }

    public override string Export(string x, OperatorGraph graph)
    {
        var (mean, variance) = Running(graph.Pass);
        return graph.Apply(
            "BatchNormalization",
            [x, graph.Parameter(weight), graph.Parameter(bias), graph.Beside(statistics, "running_mean", mean), graph.Beside(statistics, "running_var", variance)],
            ("epsilon", (float)epsilon));
    }

    private (Tensor Mean, Tensor Variance) Running(ForwardPass pass) =>
        (pass.Parameters[statistics].select(1, 0).contiguous(), pass.Parameters[statistics].select(1, 1).contiguous());

    private Tensor SlopeOf(Dual x, ForwardPass pass) => NormSlope.OfOutput(
        NormSlope.OfInput(x, ChannelMoments.Dimensions(x.Value), epsilon), pass, weight, bias, ChannelMoments.Shape(x.Value));

    private Tensor Normalize(Tensor x, Tensor gamma, Tensor beta, ForwardPass pass)
    {
        // With momentum 1 the native kernel leaves exactly the batch's mean and unbiased variance in the "running" tensors.
        using var mean = zeros(x.shape[1], dtype: gamma.dtype, device: x.device);
        using var variance = zeros(x.shape[1], dtype: gamma.dtype, device: x.device);
        var y = functional.batch_norm(x, mean, variance, gamma, beta, training: true, momentum: 1, eps: epsilon);
        pass.Moments?.Invoke(statistics, ChannelMoments.Of(mean, variance, x.numel() / x.shape[1]));
        return y;
    }
}
