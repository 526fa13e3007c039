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
        Assert.Equal([-4, 0, 6], x.Plus(x).data<float>().ToArray());
        Assert.Equal([4, 0, 9], x.Squared().data<float>().ToArray());
        Assert.Equal([-1, 0, 1], x.Between(-1, 1).data<float>().ToArray());
        Assert.Equal([false, false, true], x.IsPositive().data<bool>().ToArray());
        Assert.Equal([-1, 1, 4], addcmul(tensor([1.0f, 1, 1]), x, ones(3), ScalarArithmetic.One).data<float>().ToArray());
    }

    /// <summary>With TorchSharp's own operators about every other run of this ends in an error of the native library.</summary>
    [Theory]
    [InlineData("quotient")]
    [InlineData("sum")]
    [InlineData("number added")]
    [InlineData("square")]
    public async Task A_collection_in_the_middle_of_an_operation_takes_no_number_away(string what)
    {
        Func<Tensor, Tensor> operation = what switch
        {
            "quotient" => x => x.Over(3),
            "sum" => x => x.Plus(x),
            "number added" => x => x.Plus(3),
            _ => x => x.Squared(),
        };
        var wanted = what == "quotient" ? 1 : what == "square" ? 9 : 6;
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
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Repeat(operation, wanted))));
        }
        finally
        {
            await done.CancelAsync();
            await collecting;
        }
    }

    private static void Repeat(Func<Tensor, Tensor> operation, float wanted)
    {
        for (var i = 0; i < 2_500; i++)
        {
            using var scope = NewDisposeScope();
            Assert.Equal(wanted, operation(tensor([3.0f])).item<float>());
        }
    }
}
