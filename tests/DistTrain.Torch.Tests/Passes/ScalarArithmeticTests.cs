using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Tests.Passes;

/// <summary>Numbers in tensor arithmetic, also while the garbage collector is at work.</summary>
[Trait("Kind", "Fast")]
public sealed class ScalarArithmeticTests
{
    [Fact]
    public void It_is_the_arithmetic_of_its_names()
    {
        using var scope = NewDisposeScope();
        var x = tensor([-2.0f, 0, 3]);
        Assert.Equal([-1.5f, 0.5f, 3.5f], x.Plus(0.5).data<float>().ToArray());
        Assert.Equal([-1, 0, 1.5f], x.Times(0.5).data<float>().ToArray());
        Assert.Equal([-4, 0, 6], x.Over(0.5).data<float>().ToArray());
        Assert.Equal([-1, 0, 1], x.Between(-1, 1).data<float>().ToArray());
        Assert.Equal([false, false, true], x.IsPositive().data<bool>().ToArray());
        Assert.Equal([-1, 1, 4], addcmul(tensor([1.0f, 1, 1]), x, ones(3), ScalarArithmetic.One).data<float>().ToArray());
    }

    /// <summary>With TorchSharp's own operators about every other run of this ends in an error of the native library.</summary>
    [Fact]
    public async Task A_collection_in_the_middle_of_an_operation_takes_no_number_away()
    {
        using var done = new CancellationTokenSource();
        var collecting = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        try
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(Divide)));
        }
        finally
        {
            await done.CancelAsync();
            await collecting;
        }
    }

    private static void Divide()
    {
        for (var i = 1; i <= 5_000; i++)
        {
            using var scope = NewDisposeScope();
            Assert.Equal(1.0f, tensor([(float)i]).Over(i).item<float>());
        }
    }
}
