using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Devices;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;
using static TorchSharp.torch;

namespace DistTrain.Torch.Tests.Devices;

/// <summary>A replica whose tensors are not in the memory that versions come to and gradients go from.</summary>
[Trait("Kind", "Fast")]
public class TensorDeviceTests
{
    private static readonly Dataset Digits = DatasetReader.Read(new DatasetRecipe("digits", null, 96, 32));

    private static readonly int[] Examples = [.. Enumerable.Range(0, 48)];

    public TensorDeviceTests() => NativeEnvironment.Prepare();

    [Theory]
    [InlineData("model.name=cnn")]
    [InlineData("model.norm=batch")]
    [InlineData("model.norm=batch-renorm")]
    [InlineData("model.reparametrization=spectral")]
    [InlineData("model.name=custom", "model.layers=[{norm: batch}, {dropout: 0.5}, flatten, {linear: 10}]")]
    public void Its_step_and_its_evaluation_have_the_same_bits_wherever_its_memory_is(params string[] job)
    {
        var own = Run(TensorDevice.Processor, [], job, prepares: false);
        Assert.Equal(own, Run(TensorDevice.Processor, [], job));
        Assert.Equal(own, Run(TensorDevice.Apart(CPU), [], job));
        Assert.Equal(own, Run(TensorDevice.Staging, [], job));
        Assert.Equal(own, Run(TensorDevice.Staging, [], job, arrives: true));
        // A gradient in memory that somebody else made.
        var length = own.Gradient.Length;
        Assert.Equal(own, Run(TensorDevice.Apart(CPU), GC.AllocateArray<float>(length, pinned: true), job));
        Assert.Equal(own, Run(TensorDevice.Processor, GC.AllocateArray<float>(length, pinned: true), job));
    }

    [Fact]
    public void On_the_processor_nothing_is_moved_and_elsewhere_it_is_when_it_is_said()
    {
        using var one = TensorDevice.Processor.Stage<float>([2, 3], float32);
        one.Memory.Span[4] = 7;
        Assert.Equal(7, one.Tensor[1, 1].item<float>());

        using var two = TensorDevice.Apart(CPU).Stage<float>([2, 3], float32);
        two.Memory.Span[4] = 7;
        Assert.Equal(0, two.Tensor[1, 1].item<float>());
        two.Send(4);
        Assert.Equal(0, two.Tensor[1, 1].item<float>());
        two.Send(5);
        Assert.Equal(7, two.Tensor[1, 1].item<float>());
        two.Tensor.fill_(3);
        Assert.Equal([0, 0, 0, 0, 7, 0], two.Memory.ToArray());
        two.Fetch(0, 2);
        Assert.Equal([3, 3, 0, 0, 7, 0], two.Memory.ToArray());
        two.Clear();
        Assert.Equal(0, two.Tensor.abs().sum().item<float>());
    }

    [Fact]
    public void A_staging_device_finds_who_does_not_wait()
    {
        using var staged = TensorDevice.Staging.Stage<float>([4], float32);
        staged.Memory.Span.Fill(7);
        staged.Send(2);
        Assert.True(float.IsNaN(staged.Tensor[0].item<float>()));
        staged.Wait(2, 2);
        Assert.True(float.IsNaN(staged.Tensor[1].item<float>()));
        staged.Wait(1, 1);
        Assert.Equal(7, staged.Tensor[1].item<float>());

        // Every other one is done at once: what is written afterwards is not in it.
        staged.Send(2, 2);
        staged.Memory.Span.Fill(8);
        staged.Wait();
        Assert.Equal([7, 7], [staged.Tensor[2].item<float>(), staged.Tensor[3].item<float>()]);

        // And those that are late tell of it.
        staged.Send(2);
        staged.Memory.Span.Fill(9);
        Assert.Throws<InvalidOperationException>(staged.Wait);
        staged.Send(2);

        staged.Fetch(0, 2);
        staged.Fetch(2, 2);
        Assert.True(float.IsNaN(staged.Memory.Span[0]));
        Assert.Equal(7, staged.Memory.Span[2]);
        staged.Wait();
        Assert.Equal([9, 9, 7, 7], staged.Memory.ToArray());
        staged.Clear();
        Assert.Equal(0, staged.Tensor.abs().sum().item<float>());

        using var labels = TensorDevice.Staging.Stage<long>([1], int64);
        labels.Send(1);
        Assert.True(labels.Tensor[0].item<long>() < 0);
    }

    private static Outcome Run(TensorDevice device, float[] gradient, string[] job, bool prepares = true, bool arrives = false)
    {
        var model = ModelBlueprint.Of(Specs.Of(job), Digits.Train.Shape, Digits.Train.Classes);
        using var replica = new Replica(model, capacity: 32, gradient, device);
        // Two versions: the second must arrive too.
        var results = new List<BatchResult>();
        foreach (var version in new[] { 1, 2 })
        {
            VersionZero.Fill(model.Layout, seed: version, offset: 0, replica.Parameters.Span);
            // As versions come from servers; the next use finds nothing new, and takes all.
            foreach (var bucket in arrives ? model.Layout.Buckets : [])
                replica.Arrive(bucket.Offset, bucket.Length);
            results.Add(replica.Evaluate(Digits.Test, [.. Enumerable.Range(0, 32)], new Divisor(32, 1)));
            replica.BeginStep();
            results.Add(replica.Accumulate(Digits.Train, Examples.AsSpan(0, 32), Digits.Train.DivisorOf(Examples), new MicroBatchKey(1, Position.Start(), 0, 0)));
            // What comes next is there already, or something else is.
            if (prepares)
                replica.Prepare(Digits.Train, Examples.AsSpan(version == 1 ? 32 : 31, 16));
            results.Add(replica.Accumulate(Digits.Train, Examples.AsSpan(32), Digits.Train.DivisorOf(Examples), new MicroBatchKey(1, Position.Start(), 0, 1)));
            replica.EndStep();
        }

        return new Outcome([.. model.Layout.Buckets.SelectMany(bucket => replica.GradientOf(bucket).ToArray())], results);
    }

    private sealed record Outcome(float[] Gradient, IReadOnlyList<BatchResult> Results)
    {
        public bool Equals(Outcome? other) => other is not null && Gradient.SequenceEqual(other.Gradient) && Results.SequenceEqual(other.Results);

        public override int GetHashCode() => Gradient.Length;
    }
}
