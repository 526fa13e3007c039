using System.Text.Json;
using System.Text.Json.Nodes;
using DistTrain.Protocol.Formats;

namespace DistTrain.Protocol.Tests.Formats;

[Trait("Kind", "Fast")]
public sealed class FileFormatTests
{
    private static readonly FileFormat _format = new("a letter", Version: 3, Oldest: 2);

    [Fact]
    public void What_is_stamped_opens_as_it_was()
    {
        var stamped = _format.Stamp(new JsonObject { ["text"] = "hello" }).ToJsonString();
        Assert.Equal("""{"format":3,"text":"hello"}""", stamped);
        Assert.Equal("""{"text":"hello"}""", _format.Open(stamped, "letter.json").ToJsonString());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Versions_that_are_understood_are_read(int version)
    {
        var text = $$"""{"format":{{version}}}""";
        Assert.Empty(_format.Open(text, "letter.json"));
        _format.Require(JsonElement.Parse(text), "letter.json");
    }

    [Theory]
    [InlineData("""{"format":4}""", "4")]
    [InlineData("""{"format":1}""", "1")]
    [InlineData("{}", "1")]
    [InlineData("""{"format":-3}""", "-3")]
    [InlineData("""{"format":2.5}""", "2.5")]
    [InlineData("""{"format":"2"}""", "\"2\"")]
    public void Others_are_refused_by_a_sentence_with_the_file_both_versions_and_what_to_do(string text, string found)
    {
        var expected = $"letter.json: a letter of version {found}, and this program reads versions 2 to 3; use the version of DistTrain that wrote it";
        Assert.Equal(expected, Assert.Throws<UnknownFormatException>(() => _format.Open(text, "letter.json")).Message);
        Assert.Equal(expected, Assert.Throws<UnknownFormatException>(() => _format.Require(JsonElement.Parse(text), "letter.json")).Message);
    }

    [Fact]
    public void A_document_without_a_version_is_of_the_first()
    {
        var first = new FileFormat("a letter", Version: 1);
        Assert.Equal("""{"text":"hello"}""", first.Open("""{"text":"hello"}""", "letter.json").ToJsonString());
        first.Require(JsonElement.Parse("{}"), "letter.json");
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("""{"format":2,"format":3}""")]
    public void What_is_no_document_is_damaged_and_not_of_another_version(string text) =>
        Assert.ThrowsAny<JsonException>(() => _format.Open(text, "letter.json"));
}
