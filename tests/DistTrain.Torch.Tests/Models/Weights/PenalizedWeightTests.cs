using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Models;
using DistTrain.Torch.Models.Weights;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;
using static TorchSharp.torch;

namespace DistTrain.Torch.Tests.Models.Weights;

[Trait("Kind", "Fast")]
public sealed class PenalizedWeightTests
{
    [Fact]
    public void By_hand_the_penalty_is_half_the_strength_times_the_squared_norm_and_its_gradient_strength_sigma_u_v()
    {
        using var scope = NewDisposeScope();
        // W·(3, 4)/5 = 10·(0, 1): the singular values are 10 and 0.
        var w = tensor(new double[] { 0, 0, 6, 8 }, [2, 2]).requires_grad_(true);
        var u = tensor(new double[] { 0.6, 0.8 });
        var pass = new ForwardPass { Parameters = [w, u], Training = true };
        Assert.Same(w, new PenalizedWeight(weight: 0, vector: 1, strength: 0.5).Of(pass));
        Assert.Equal(0.5 / 2 * 100, pass.Penalty!.item<double>(), 1e-12);
        pass.Penalty.backward();
        double[] expected = [0, 0, 0.5 * 10 * 0.6, 0.5 * 10 * 0.8];
        Assert.All(expected.Zip(w.grad!.data<double>().ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }

    [Fact]
    public void Evaluation_is_not_penalized()
    {
        using var scope = NewDisposeScope();
        var pass = new ForwardPass { Parameters = [ones(2, 2), ones(2)], Training = false };
        new PenalizedWeight(weight: 0, vector: 1, strength: 0.5).Of(pass);
        Assert.Null(pass.Penalty);
    }

    [Fact]
    public void Shares_and_micro_batches_bring_one_whole_penalty_together_and_an_empty_share_none()
    {
        var digits = DatasetReader.Read(new DatasetRecipe("digits", null, 64, 8));
        const double Strength = 0.7;
        var (with, weight, vector) = Gradients("0.7", [[0, 1, 2], [], [3, 4], [5]]);
        var (without, _, _) = Gradients("0", [[0, 1, 2, 3, 4, 5]]);

        using var scope = NewDisposeScope();
        var w = tensor(weight, [10, 784]).to(ScalarType.Float64);
        var v = nn.functional.normalize(w.t().mv(tensor(vector).to(ScalarType.Float64)), dim: 0);
        var u = nn.functional.normalize(w.mv(v), dim: 0);
        var expected = (Strength * u.dot(w.mv(v)) * u.outer(v)).data<double>().ToArray();
        Assert.All(expected.Zip(with.Zip(without, (a, b) => (double)a - b)), pair => Assert.Equal(pair.First, pair.Second, 1e-5));

        (float[] Gradient, float[] Weight, float[] Vector) Gradients(string strength, int[][] microBatches)
        {
            var spec = Specs.Of("model.name=softmax", $"model.spectralPenalty={strength}");
            using var replica = new Replica(ModelBlueprint.Of(spec, digits.Train.Shape, digits.Train.Classes), capacity: 8);
            VersionZero.Fill(replica.Layout, 3, 0, replica.Parameters.Span);
            replica.BeginStep();
            foreach (var (index, examples) in microBatches.Index())
                replica.Accumulate(digits.Train, examples, new Divisor(6, 1), new MicroBatchKey(3, Position.Start(), Rank: 0, index));
            replica.EndStep();
            var (first, last) = (replica.Layout.Segments[0], replica.Layout.Segments[^1]);
            return (
                replica.Gradient.Slice(first.Offset, first.Length).ToArray(),
                replica.Parameters.Slice(first.Offset, first.Length).ToArray(),
                replica.Parameters.Slice(last.Offset, last.Length).ToArray());
        }
    }
}
