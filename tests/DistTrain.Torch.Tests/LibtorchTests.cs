using TorchSharp;

namespace DistTrain.Torch.Tests;

[Trait("Kind", "Fast")]
public sealed class LibtorchTests
{
    [Fact]
    public void Loads_and_multiplies()
    {
        using var scope = torch.NewDisposeScope();
        var a = torch.tensor(new float[] { 1, 2, 3, 4 }, 2, 2);
        Assert.Equal([7f, 10f, 15f, 22f], a.mm(a).data<float>().ToArray());
    }
}
