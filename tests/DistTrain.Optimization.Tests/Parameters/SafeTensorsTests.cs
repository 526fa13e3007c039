using System.Text;
using CsCheck;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Parameters;

[Trait("Kind", "Fast")]
public sealed class SafeTensorsTests
{
    private static readonly Dictionary<string, string> _metadata = new() { [SafeTensorsWriter.JobKey] = "kind: TrainingJob\n# \"ümlaut\"" };

    [Fact]
    public void What_is_written_is_read_bit_for_bit() => AnyLayout.WithVector.Sample((layout, vector) =>
    {
        using var reader = new SafeTensorsReader(new MemoryStream(Write(layout, vector)), "m");
        Assert.Equal(layout.Hash, reader.Layout()!.Hash);
        Assert.Equal(_metadata[SafeTensorsWriter.JobKey], reader.Metadata[SafeTensorsWriter.JobKey]);
        Assert.Equal("pt", reader.Metadata["format"]);

        var read = new float[layout.Length];
        Array.Fill(read, 7); // padding has to become 0
        reader.Fill(layout, read);
        Assert.Equal(vector.Select(BitConverter.SingleToUInt32Bits), read.Select(BitConverter.SingleToUInt32Bits));
    });

    [Fact]
    public void The_same_model_gives_the_same_bytes_and_tensors_begin_on_8_bytes() => AnyLayout.WithVector.Sample((layout, vector) =>
    {
        var bytes = Write(layout, vector);
        Assert.Equal(bytes, Write(LayoutJson.Read(LayoutJson.Write(layout)), vector));
        Assert.Equal(0, BitConverter.ToInt64(bytes) % 8);
    });

    [Fact]
    public void Running_statistics_bear_the_names_of_PyTorch()
    {
        var layout = ParameterLayout.Of([new Segment("norm1.weight", SegmentKind.Norm, [2], 0, default), new Segment("norm1.statistics", SegmentKind.Statistics, [2, 2], 0, default, 4)]);
        var vector = new float[layout.Length];
        (vector[16], vector[17], vector[18], vector[19]) = (1, 10, 2, 20);
        var bytes = Write(layout, vector);
        using var reader = new SafeTensorsReader(new MemoryStream(bytes), "m");
        Assert.Equal(["norm1.weight", "norm1.running_mean", "norm1.running_var"], reader.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([1f, 2f, 10f, 20f], Enumerable.Range(0, 4).Select(i => BitConverter.ToSingle(bytes, bytes.Length - 16 + (4 * i))));
    }

    [Fact]
    public void Running_deviations_and_power_vectors_are_saved_too()
    {
        var layout = ParameterLayout.Of(
        [
            new Segment("fc1.weight_orig", SegmentKind.Weight, [2, 3], 0, default),
            new Segment("norm1.statistics", SegmentKind.Deviations, [2, 2], 0, default, 4),
            new Segment("fc1.weight_u", SegmentKind.PowerVector, [2], 0, default),
        ]);
        using var reader = new SafeTensorsReader(new MemoryStream(Write(layout, new float[layout.Length])), "m");
        Assert.Equal(["fc1.weight_orig", "norm1.running_mean", "norm1.running_std", "fc1.weight_u"], reader.Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void Every_difference_between_file_and_model_is_named()
    {
        Segment Weight(string name, params int[] shape) => new(name, SegmentKind.Weight, shape, 0, default);
        var saved = ParameterLayout.Of([Weight("same", 2), Weight("turned", 2, 3), Weight("extra", 1)]);
        var needed = ParameterLayout.Of([Weight("same", 2), Weight("turned", 3, 2), Weight("lacking", 5)]);
        using var reader = new SafeTensorsReader(new MemoryStream(Write(saved, new float[saved.Length])), "m.safetensors");
        var vector = Enumerable.Repeat(7f, needed.Length).ToArray();
        var error = Assert.Throws<SafeTensorsException>(() => reader.Fill(needed, vector));
        Assert.Contains("missing: lacking F32 [5]", error.Message, StringComparison.Ordinal);
        Assert.Contains("unexpected: extra F32 [1]", error.Message, StringComparison.Ordinal);
        Assert.Contains("turned is [2,3], [3,2] is needed", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("same", error.Message, StringComparison.Ordinal);
        Assert.All(vector, value => Assert.Equal(7f, value));
    }

    [Fact]
    public void Tensors_of_other_names_types_and_order_of_sides_become_the_models()
    {
        Segment Weight(string name, params int[] shape) => new(name, SegmentKind.Weight, shape, 0, default);
        var layout = ParameterLayout.Of([Weight("fc1.weight", 2, 3), Weight("fc1.bias", 2), Weight("scale", 2)]);
        const string Header = """{"dense.kernel":{"dtype":"F32","shape":[3,2],"data_offsets":[0,24]},"dense.bias":{"dtype":"F16","shape":[2],"data_offsets":[24,28]},"scale":{"dtype":"BF16","shape":[2],"data_offsets":[28,32]}}""";
        byte[] data = [.. new[] { 1f, 4, 2, 5, 3, 6 }.SelectMany(BitConverter.GetBytes), .. new[] { (Half)0.5, Half.Epsilon }.SelectMany(BitConverter.GetBytes), 0x40, 0x40, 0xC0, 0xFF];
        byte[] file = [.. BitConverter.GetBytes((long)Header.Length), .. System.Text.Encoding.UTF8.GetBytes(Header), .. data];
        using var reader = new SafeTensorsReader(new MemoryStream(file), "m", [new ForeignName("dense.kernel", "fc1.weight", IsTransposed: true), new ForeignName("dense.bias", "fc1.bias")]);
        var vector = new float[layout.Length];
        reader.Fill(layout, vector);
        Assert.Equal([1, 2, 3, 4, 5, 6], vector[..6]);
        Assert.Equal([0.5f, 5.9604645e-08f], vector[16..18]);
        // 0x4040 is 3, and 0xFFC0 is not a number: whoever reads weights looks.
        Assert.Equal([3, float.NaN], vector[32..34]);
    }

    [Fact]
    public void What_names_do_not_make_fit_is_told_by_both_names()
    {
        Segment Weight(string name, params int[] shape) => new(name, SegmentKind.Weight, shape, 0, default);
        var saved = ParameterLayout.Of([Weight("a", 2, 3), Weight("b", 4), Weight("fc1.bias", 2), Weight("bias", 2)]);
        var needed = ParameterLayout.Of([Weight("fc1.weight", 3, 4), Weight("fc1.bias", 2), Weight("scale", 4)]);
        using var reader = new SafeTensorsReader(new MemoryStream(Write(saved, new float[saved.Length])), "m",
            [new ForeignName("a", "fc1.weight", IsTransposed: true), new ForeignName("b", "scale", IsTransposed: true), new ForeignName("bias", "fc1.bias")]);
        Assert.Equal(
            [
                "other shape: fc1.weight, in the file a, is [3,2], [3,4] is needed",
                "twice: fc1.bias is fc1.bias and bias of the file",
                "no matrix: scale, in the file b, has 1 sides, and transpose is for two",
            ],
            TensorDifferences.Between(needed, reader.Tensors));
    }

    [Fact]
    public void A_file_cut_at_any_byte_is_refused() =>
        AnyLayout.WithVector.Sample((layout, vector) =>
        {
            var bytes = Write(layout, vector);
            for (var length = 0; length < bytes.Length; length++)
                Assert.Throws<SafeTensorsException>(() => new SafeTensorsReader(new MemoryStream(bytes, 0, length), "cut").Dispose());
            Assert.Throws<SafeTensorsException>(() => new SafeTensorsReader(new MemoryStream([.. bytes, 0]), "longer").Dispose());
        }, iter: 10);

    [Fact]
    public void A_damaged_header_is_refused_or_read_but_never_crashes() =>
        Gen.Select(AnyLayout.WithVector, Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte).List[1, 4]).Sample((pair, damages) =>
        {
            var (layout, vector) = pair;
            var bytes = Write(layout, vector);
            var header = 8 + (int)BitConverter.ToInt64(bytes);
            foreach (var (at, value) in damages)
                bytes[at % header] = value;
            try
            {
                using var reader = new SafeTensorsReader(new MemoryStream(bytes), "damaged");
                reader.Layout();
                reader.Fill(layout, new float[layout.Length]);
            }
            catch (SafeTensorsException)
            {
            }
        });

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "overlap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "hole")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "uplicate")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}""", 4, "uplicate")]
    [InlineData("""{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}""", 4, "F31")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "takes 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904,4611686018427387904],"data_offsets":[0,0]}}""", 0, "takes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,6]}}""", 6, "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "[begin, end]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}""", 4, "exactly")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "longer")]
    [InlineData("""{"__metadata__":{"k":1}}""", 0, "JSON")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "JSON")]
    [InlineData("""[]""", 0, "JSON")]
    [InlineData("""{"a":[[[[[[[[[[]]]]]]]]]]}""", 0, "JSON")]
    public void Files_that_break_a_rule_are_refused(string header, int data, string reason)
    {
        var json = Encoding.UTF8.GetBytes(header);
        byte[] bytes = [.. BitConverter.GetBytes((long)json.Length), .. json, .. new byte[data]];
        var error = Assert.Throws<SafeTensorsException>(() => new SafeTensorsReader(new MemoryStream(bytes), "x.safetensors").Dispose());
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("x.safetensors", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_absurd_header_length_is_refused_before_memory_is_taken() =>
        Assert.Throws<SafeTensorsException>(() => new SafeTensorsReader(new MemoryStream([.. BitConverter.GetBytes(long.MaxValue), (byte)'{']), "x").Dispose());

    [Fact]
    public void Tensors_of_other_programs_are_read_in_any_order_of_the_header()
    {
        var json = Encoding.UTF8.GetBytes("""{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""");
        byte[] bytes = [.. BitConverter.GetBytes((long)json.Length), .. json, .. BitConverter.GetBytes(1f), .. BitConverter.GetBytes(float.NaN)];
        using var reader = new SafeTensorsReader(new MemoryStream(bytes), "x");
        Assert.Null(reader.Layout());
        var layout = ParameterLayout.Of([new Segment("a", SegmentKind.Weight, [], 0, default), new Segment("b", SegmentKind.Bias, [1], 0, default)]);
        var vector = new float[layout.Length];
        reader.Fill(layout, vector);
        Assert.Equal((1f, float.NaN), (vector[0], vector[16]));
    }

    [Fact]
    public void Names_that_would_clash_are_refused()
    {
        var clash = ParameterLayout.Of([new Segment("n.running_mean", SegmentKind.Weight, [1], 0, default), new Segment("n.statistics", SegmentKind.Statistics, [1, 2], 0, default)]);
        Assert.Throws<ArgumentException>(() => Write(clash, new float[clash.Length]));
        var reserved = ParameterLayout.Of([new Segment("__metadata__", SegmentKind.Weight, [1], 0, default)]);
        Assert.Throws<ArgumentException>(() => Write(reserved, new float[reserved.Length]));
        var layout = ParameterLayout.Of([new Segment("w", SegmentKind.Weight, [1], 0, default)]);
        Assert.Throws<ArgumentException>(() => SafeTensorsWriter.Write(new MemoryStream(), layout, new float[layout.Length], new Dictionary<string, string> { ["format"] = "np" }));
    }

    private static byte[] Write(ParameterLayout layout, float[] vector)
    {
        using var stream = new MemoryStream();
        SafeTensorsWriter.Write(stream, layout, vector, _metadata);
        return stream.ToArray();
    }
}
