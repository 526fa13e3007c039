using System.Runtime.InteropServices;
using DistTrain.Torch.Devices;

namespace DistTrain.Torch.Tests.Devices;

[Trait("Kind", "Fast")]
public class DeviceLossTests
{
    [Theory]
    [InlineData("CUDA error: uncorrectable ECC error encountered\nCompile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.", true)]
    [InlineData("CUDA error: CUDA-capable device(s) is/are busy or unavailable", true)]
    [InlineData("CUDA error: unknown error", true)]
    [InlineData("CUDA error: Invalid access of peer GPU memory over nvlink or a hardware error", true)]
    [InlineData("CUDA error: an illegal memory access was encountered", false)]
    [InlineData("CUDA error: unspecified launch failure", false)]
    [InlineData("CUDA error: device-side assert triggered", false)]
    [InlineData("CUDA out of memory. Tried to allocate 20.00 GiB.", false)]
    public void What_speaks_of_the_hardware_is_a_loss_and_what_a_mistake_can_cause_is_none(string text, bool isLoss)
    {
        Assert.Equal(isLoss, DeviceLoss.Is(new ExternalException(text)));
        Assert.Equal(isLoss, DeviceLoss.Is(new InvalidOperationException("in a pass", new ExternalException(text))));
        Assert.False(DeviceLoss.Is(new InvalidOperationException(text)));
    }

    [Fact]
    public void A_device_that_is_played_is_gone_after_its_copies()
    {
        using var staged = TensorDevice.OfTests(copies: 2).Stage<float>([4], TorchSharp.torch.float32);
        staged.Send(4);
        staged.Wait();
        staged.Fetch(0, 4);
        staged.Wait();
        Assert.True(DeviceLoss.Is(Assert.ThrowsAny<ExternalException>(() => staged.Send(4))));
    }
}
