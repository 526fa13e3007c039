using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Landscape;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;
using static TorchSharp.torch;

namespace DistTrain.Torch.Tests.Devices;

/// <summary>Whoever uses what is copied waits for it: without any one of the waits a device whose copies come late gives other bits, or says who wrote too early.</summary>
[Trait("Kind", "Fast")]
public class StagedWaitsTests
{
    private static readonly Dataset Digits = DatasetReader.Read(new DatasetRecipe("digits", null, 96, 32));

    private static readonly MicroBatchKey Key = new(1, Position.Start(), 0, 0);

    public StagedWaitsTests() => NativeEnvironment.Prepare();

    [Fact]
    public void What_was_begun_ends_before_it_is_cleared()
    {
        using var staged = TensorDevice.Staging.Stage<float>([4], float32);
        staged.Tensor.fill_(3);
        staged.Fetch(0, 4);
        staged.Clear();
        staged.Wait();
        Assert.Equal([0, 0, 0, 0], staged.Memory.ToArray());
    }

    [Fact]
    public void Examples_that_were_prepared_and_are_not_wanted_end_before_others_come()
    {
        var model = ModelBlueprint.Of(Specs.Of("model.name=mlp"), Digits.Train.Shape, Digits.Train.Classes);
        using var replica = new Replica(model, capacity: 8, default, TensorDevice.Staging);
        VersionZero.Fill(model.Layout, seed: 1, offset: 0, replica.Parameters.Span);
        // Of three behind one another, one at least is still on its way when the next is loaded.
        foreach (var first in new[] { 0, 8, 16 })
            replica.Prepare(Digits.Train, [.. Enumerable.Range(first, 8)]);
        var result = replica.Evaluate(Digits.Train, [.. Enumerable.Range(24, 8)], new Divisor(8, 1));
        Assert.True(double.IsFinite(result.LossSum));
    }

    [Fact]
    public void Parts_of_a_version_end_before_another_is_written_over_them()
    {
        var model = ModelBlueprint.Of(Specs.Of("model.name=mlp"), Digits.Train.Shape, Digits.Train.Classes);
        using var replica = new Replica(model, capacity: 8, default, TensorDevice.Staging);
        VersionZero.Fill(model.Layout, seed: 1, offset: 0, replica.Parameters.Span);
        foreach (var bucket in model.Layout.Buckets)
            replica.Arrive(bucket.Offset, bucket.Length);
        replica.Rewrite();
        VersionZero.Fill(model.Layout, seed: 2, offset: 0, replica.Parameters.Span);
        var written = Loss(replica);

        using var alone = new Replica(model, capacity: 8, default, TensorDevice.Processor);
        VersionZero.Fill(model.Layout, seed: 2, offset: 0, alone.Parameters.Span);
        Assert.Equal(Loss(alone), written);

        static double Loss(Replica replica) => replica.Evaluate(Digits.Train, [.. Enumerable.Range(0, 8)], new Divisor(8, 1)).LossSum;
    }

    [Fact]
    public void A_whole_gradient_and_numbers_that_are_to_be_told_are_there_when_they_are_read()
    {
        var data = ExampleSet.OfNumbers([2], [1, 2, 3, 4, 5, 6, 7, 8], [3, 1, 4, 1]);
        var model = ModelBlueprint.Of(Specs.Of("dataset={name: csv, path: x}", "task.name=regression", "model.name=softmax"), [2], 1);
        Assert.Equal(GradientOn(TensorDevice.Processor), GradientOn(TensorDevice.Staging));

        float[] GradientOn(TensorDevice device)
        {
            using var replica = new Replica(model, capacity: 4, default, device);
            VersionZero.Fill(model.Layout, seed: 1, offset: 0, replica.Parameters.Span);
            replica.BeginStep();
            replica.Accumulate(data, [0, 1, 2, 3], data.Whole, Key);
            replica.EndStep();
            return replica.Gradient.ToArray();
        }
    }

    [Fact]
    public void A_gradient_and_a_product_of_a_probe_have_the_processors_bits()
    {
        var model = ModelBlueprint.Of(Specs.Of("model.name=cnn"), Digits.Train.Shape, Digits.Train.Classes);
        Assert.Equal(SumsOn(TensorDevice.Processor), SumsOn(TensorDevice.Staging));

        float[] SumsOn(TensorDevice device)
        {
            using var replica = new CurvatureReplica<float>(model, capacity: 8, CurvatureMode.Evaluation, device);
            VersionZero.Fill(model.Layout, seed: 1, offset: 0, replica.Parameters.Span);
            replica.Parameters.Span[..replica.Layout.TrainableLength].CopyTo(replica.Direction.Span);
            var sums = new List<float>();
            // A second time, as every other copy is done at once.
            foreach (var first in new[] { 0, 8 })
            {
                int[] examples = [.. Enumerable.Range(first, 8)];
                replica.BeginSum();
                replica.AddGradient(Digits.Train, examples, Digits.Train.DivisorOf(examples));
                replica.AddProduct(Digits.Train, examples, Digits.Train.DivisorOf(examples));
                replica.EndSum();
                sums.AddRange(replica.Sum.Span);
            }

            return [.. sums];
        }
    }

    [Fact]
    public void A_probe_takes_its_turn_on_a_device()
    {
        var device = TensorDevice.OfTests();
        var model = ModelBlueprint.Of(Specs.Of("model.name=softmax"), Digits.Train.Shape, Digits.Train.Classes);
        using var replica = new CurvatureReplica<float>(model, capacity: 8, CurvatureMode.Evaluation, device);
        replica.BeginSum();
        var probe = new Thread(() => replica.AddGradient(Digits.Train, [0, 1, 2], Digits.Train.Whole));
        using (device.Take())
        {
            probe.Start();
            Assert.False(probe.Join(TimeSpan.FromMilliseconds(200)));
        }

        Assert.True(probe.Join(Waiting.Limit));
    }
}
