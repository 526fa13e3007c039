using DistTrain.Optimization.Parameters;

namespace DistTrain.Benchmarks.Update;

/// <summary>The tensors of ResNet-50 for 1,000 classes (He et al. 2015, table 1): 25,557,032 parameters in 161 tensors.</summary>
internal static class ResNet50
{
    public static ParameterLayout Layout { get; } = ParameterLayout.Of(Tensors());

    private static IEnumerable<Segment> Tensors()
    {
        foreach (var tensor in Convolution("conv1", 3, 64, 7))
            yield return tensor;
        var input = 64;
        foreach (var (stage, (width, blocks)) in new[] { (64, 3), (128, 4), (256, 6), (512, 3) }.Index())
        {
            for (var block = 0; block < blocks; block++)
            {
                var name = $"layer{stage + 1}.{block}";
                List<Segment> tensors = [.. Convolution($"{name}.conv1", input, width, 1), .. Convolution($"{name}.conv2", width, width, 3), .. Convolution($"{name}.conv3", width, 4 * width, 1)];
                if (block == 0)
                    tensors.AddRange(Convolution($"{name}.downsample", input, 4 * width, 1));
                foreach (var tensor in tensors)
                    yield return tensor;
                input = 4 * width;
            }
        }

        yield return Tensor("fc.weight", SegmentKind.Weight, 1000, 2048);
        yield return Tensor("fc.bias", SegmentKind.Bias, 1000);
    }

    private static IEnumerable<Segment> Convolution(string name, int input, int output, int kernel) =>
    [
        Tensor($"{name}.weight", SegmentKind.Weight, output, input, kernel, kernel),
        Tensor($"{name}.norm.weight", SegmentKind.Norm, output),
        Tensor($"{name}.norm.bias", SegmentKind.Norm, output),
    ];

    private static Segment Tensor(string name, SegmentKind kind, params int[] shape) => new(name, kind, shape, 0, Initialization.Zero);
}
