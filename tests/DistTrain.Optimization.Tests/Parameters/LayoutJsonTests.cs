using CsCheck;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Parameters;

[Trait("Kind", "Fast")]
public sealed class LayoutJsonTests
{
    [Fact]
    public void What_is_written_is_read() => AnyLayout.Alone.Sample(layout =>
    {
        var text = LayoutJson.Write(layout);
        var read = LayoutJson.Read(text);
        Assert.Equal(layout.Hash, read.Hash);
        Assert.Equal(text, LayoutJson.Write(read));
        Assert.Equal(layout.Segments.Select(s => (s.Name, s.Kind, s.Offset, s.Length)), read.Segments.Select(s => (s.Name, s.Kind, s.Offset, s.Length)));
    });

    [Fact]
    public void An_edited_layout_is_refused()
    {
        var text = LayoutJson.Write(ParameterLayout.Of([new Segment("w", SegmentKind.Weight, [3, 4], 0, Initialization.FanIn(4))]));
        var error = Assert.Throws<FormatException>(() => LayoutJson.Read(text.Replace("[3,4]", "[4,3]", StringComparison.Ordinal)));
        Assert.Contains("hash", error.Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => LayoutJson.Read(text.Replace("\"Weight\"", "\"0\"", StringComparison.Ordinal)));
        Assert.Throws<FormatException>(() => LayoutJson.Read(text.Replace("\"bucketLength\"", "\"bucketLength\":16,\"bucketLength\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void Damaged_text_is_refused_or_read_as_the_same_layout() =>
        Gen.Select(AnyLayout.Alone, Gen.Int[0, 5000], Gen.Char[' ', '~']).Sample((layout, at, character) =>
        {
            var text = LayoutJson.Write(layout).ToCharArray();
            text[at % text.Length] = character;
            try
            {
                Assert.Equal(layout.Hash, LayoutJson.Read(new string(text)).Hash);
            }
            catch (FormatException)
            {
            }
        });
}
