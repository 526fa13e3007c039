using DistTrain.Cli.Roles;

namespace DistTrain.Cli.Tests.Roles;

[Trait("Kind", "Fast")]
public class ByteSizeTests
{
    [Theory]
    [InlineData("1", 1)]
    [InlineData("1073741824", 1L << 30)]
    [InlineData("512MiB", 512L << 20)]
    [InlineData("8gib", 8L << 30)]
    [InlineData("1.5 GiB", 3L << 29)]
    [InlineData("2GB", 2_000_000_000)]
    [InlineData("3k", 3000)]
    [InlineData("7B", 7)]
    public void Reads_amounts_as_people_write_them(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("GiB")]
    [InlineData("1 XB")]
    [InlineData("1iB")]
    [InlineData("9999999999TiB")]
    [InlineData("0.5")]
    public void Refuses_what_is_no_amount(string text) => Assert.False(ByteSize.TryParse(text, out _));
}
