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
        using var reader = new SafeTensorsReader(new MemoryStream(file), "m", new ForeignNames([new ForeignName("dense.kernel", "fc1.weight", IsTransposed: true), new ForeignName("dense.bias", "fc1.bias")]));
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
        var saved = ParameterLayout.Of([Weight("a", 2, 3), Weight("b", 4), Weight("fc1.bias", 2), Weight("bias", 2), Weight("c", 1)]);
        var needed = ParameterLayout.Of([Weight("fc1.weight", 3, 4), Weight("fc1.bias", 2), Weight("scale", 4), Weight("shift", 4)]);
        using var reader = new SafeTensorsReader(new MemoryStream(Write(saved, new float[saved.Length])), "m",
            new ForeignNames([new ForeignName("a", "fc1.weight", IsTransposed: true), new ForeignName("b", "scale", IsTransposed: true), new ForeignName("bias", "fc1.bias"), new ForeignName("d", "shift"), new ForeignName("c", "nothing")]));
        Assert.Equal(
            [
                "other shape: fc1.weight, in the file a, is [3,2], [3,4] is needed",
                "no matrix: scale, in the file b, has 1 sides, and transpose is for two",
                "missing: shift, in the file d, F32 [4]",
                "unexpected: fc1.bias F32 [2]",
                "unexpected: nothing, in the file c, F32 [1]",
            ],
            reader.Differences(needed));
    }

    /// <summary>A transposed one, one in three parts, one to which a row is added, and running statistics.</summary>
    [Fact]
    public void Under_other_names_and_cut_otherwise_what_is_written_is_read_bit_for_bit()
    {
        var vector = new float[Cut.Length];
        foreach (var tensor in Cut.Segments)
        {
            for (var i = 0; i < tensor.Length; i++)
                vector[tensor.Offset + i] = i - 1.5f;
        }

        vector[0] = -0f;
        var bytes = Write(Cut, vector, CutNames);
        using var reader = new SafeTensorsReader(new MemoryStream(bytes), "m", CutNames);
        Assert.Null(reader.Layout());
        Assert.Equal(
            ["places F32 [2,3]", "kinds F32 [2,3]", "q F32 [1,2]", "k F32 [1,2]", "v F32 [1,2]", "turned F32 [2,3]", "n.running_mean F32 [2]", "n.running_var F32 [2]"],
            reader.Tensors.Select(tensor => $"{tensor.Name} {tensor.Type} [{string.Join(',', tensor.Shape)}]"));
        var read = new float[Cut.Length];
        reader.Fill(Cut, read);
        Assert.Equal(vector.Select(BitConverter.SingleToUInt32Bits), read.Select(BitConverter.SingleToUInt32Bits));
    }

    [Theory]
    [InlineData(new[] { "places [2,3]", "query [1,2]", "k [1,2]", "v [1,2]", "turned [2,3]", "n.running_mean [2]", "n.running_var [2]", "n.count [1]" }, new string[0], new float[] { 0, 1, 2, 3, 4, 5 })]
    [InlineData(new[] { "places [2,3]", "kinds [1,3]", "q [1,2]", "k [1,2]", "v [1,2]", "turned [2,3]", "n.running_mean [2]", "n.running_var [2]" }, new string[0], new float[] { 6, 8, 10, 9, 11, 13 })]
    [InlineData(new[] { "places [2,3]", "kinds [2,4]", "q [2,2]", "v [1,2]", "turned [3,2]", "n.running_mean [2]", "n.running_var [2]", "k1 [1,2]" }, new[] { "other shape: e, in the file kinds, is [2,4], [2,3] is needed", "other shape: qkv, in the file q, is [2,2], [1,2] is needed", "missing: qkv, in the file k, F32 [1,2]", "other shape: turned is [2,3], [3,2] is needed", "unexpected: k1 F32 [1,2]" }, new float[0])]
    [InlineData(new[] { "places [2,3]", "q [1,2]", "query [1,2]", "k [1,2]", "v [1,2]", "turned [2,3]", "n.running_mean [2]", "n.running_var [2]" }, new[] { "twice: qkv is q and query of the file, and their values differ" }, new float[0])]
    public void A_file_may_have_what_another_of_its_kind_has_not(string[] tensors, string[] differences, float[] first)
    {
        var at = 0;
        using var stream = new MemoryStream();
        var saved = ParameterLayout.Of(tensors.Select(tensor => new Segment(tensor.Split(' ')[0], SegmentKind.Weight, [.. tensor.Split('[')[1].TrimEnd(']').Split(',').Select(int.Parse)], 0, default)));
        var vector = new float[saved.Length];
        foreach (var segment in saved.Segments)
        {
            for (var i = 0; i < segment.Length; i++)
                vector[segment.Offset + i] = at++;
        }

        SafeTensorsWriter.Write(stream, saved, vector, _metadata);
        using var reader = new SafeTensorsReader(stream, "m", CutNames);
        Assert.Equal(differences, reader.Differences(Cut));
        if (differences.Length > 0)
            return;
        var read = new float[Cut.Length];
        reader.Fill(Cut, read);
        Assert.Equal(first, read[..6]);
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_found_in_whatever_has_a_place_also_where_others_are_missing()
    {
        var saved = ParameterLayout.Of([new Segment("q", SegmentKind.Weight, [1, 2], 0, default), new Segment("n.running_var", SegmentKind.Weight, [2], 0, default), new Segment("v", SegmentKind.Weight, [7], 0, default)]);
        using var reader = new SafeTensorsReader(new MemoryStream(Write(saved, [.. Enumerable.Repeat(float.NaN, saved.Length)])), "m", CutNames);
        Assert.Equal(["2 in qkv, in the file q", "2 in n.running_var"], reader.NotFinite(Cut));
    }

    private static ParameterLayout Cut { get; } = ParameterLayout.Of(
    [
        new Segment("e", SegmentKind.Weight, [2, 3], 0, default),
        new Segment("qkv", SegmentKind.Weight, [3, 2], 0, default),
        new Segment("turned", SegmentKind.Weight, [3, 2], 0, default),
        new Segment("n.statistics", SegmentKind.Statistics, [2, 2], 0, default, 4),
    ]);

    private static ForeignNames CutNames { get; } = new(
    [
        new ForeignName("places", "e"),
        new ForeignName("kinds", "e") { AddedRows = 2 },
        new ForeignName("q", "qkv") { Parts = 3, Part = 0, Aliases = ["query"] },
        new ForeignName("k", "qkv") { Parts = 3, Part = 1 },
        new ForeignName("v", "qkv") { Parts = 3, Part = 2 },
        new ForeignName("turned", "turned", IsTransposed: true),
    ])
    {
        Unused = ["n.count"],
    };

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

    private static byte[] Write(ParameterLayout layout, float[] vector, ForeignNames? names = null)
    {
        using var stream = new MemoryStream();
        SafeTensorsWriter.Write(stream, layout, vector, _metadata, names);
        return stream.ToArray();
    }
}
