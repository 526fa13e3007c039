using CsCheck;
using DistTrain.Torch.Models.Weights;
using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Tests.Models.Weights;

[Trait("Kind", "Fast")]
public sealed class ScaledWeightTests
{
    private static readonly Gen<(double[] V, double[] G, double[] Upstream)> _rows =
        Gen.Select(Gen.Double[-2, 2].Array[12], Gen.Double[-3, 3].Array[3], Gen.Double[-1, 1].Array[12]).Where((v, _, _) => v.Chunk(4).All(row => row.Any(x => Math.Abs(x) > 0.1)));

    [Fact]
    public void The_norm_of_each_row_is_its_length_parameter_whatever_the_direction() => _rows.Sample(given =>
    {
        using var scope = NewDisposeScope();
        var (v, g) = (tensor(given.V, [3, 2, 2]), tensor(given.G, [3, 1, 1]));
        var w = Of(v, g);
        Assert.True(w.flatten(1).norm(1).allclose(g.abs().flatten(), rtol: 1e-12));
        Assert.True(w.allclose(Of(v * 5, g), rtol: 1e-12));
    });

    /// <summary>1602.07868, eq. 3: ∂g = ∇w·v/‖v‖, and ∂v stands at right angles to v.</summary>
    [Fact]
    public void The_gradient_has_the_form_of_the_paper() => _rows.Sample(given =>
    {
        using var scope = NewDisposeScope();
        var (v, g, upstream) = (tensor(given.V, [3, 4]).requires_grad_(true), tensor(given.G, [3, 1]).requires_grad_(true), tensor(given.Upstream, [3, 4]));
        (Of(v, g) * upstream).sum().backward();
        var direction = v.detach() / v.detach().norm(1).unsqueeze(1);
        Assert.True(g.grad!.allclose((upstream * direction).sum(1).unsqueeze(1), rtol: 1e-10, atol: 1e-10));
        Assert.True((v.grad! * v.detach()).sum(1).abs().le(1e-10).all().item<bool>());
    });

    private static Tensor Of(Tensor v, Tensor g) =>
        new ScaledWeight(direction: 0, length: 1).Of(new ForwardPass { Parameters = [v, g], Training = true });
}
