using DistTrain.Protocol.Formats;

namespace DistTrain.Protocol.Tests;

/// <summary>The one reader of histories: what a full disk or a kill leaves costs the last line, and damage is named.</summary>
[Trait("Kind", "Fast")]
public sealed class MetricsLineTests : IDisposable
{
    private const string First = """{"event":"statistics","step":1,"format":1}""";
    private const string Second = """{"event":"statistics","step":2,"format":1}""";

    private readonly TempFolder _folder = new();

    private string Path => _folder[MetricsLine.FileName];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Wherever_the_file_is_cut_the_lines_before_are_told()
    {
        var whole = $"{First}\n{Second}\n";
        for (var length = First.Length + 1; length < whole.Length; length++)
        {
            File.WriteAllText(Path, whole[..length]);
            var lines = MetricsLine.ReadAll(Path).ToList();
            Assert.Equal(1, lines[0].Event!.StepNumber);
            // Without its line end alone it is whole, and without all of it it was never there.
            if (length > First.Length + 1 && length < whole.Length - 1)
                Assert.Equal((null, $"{Path}:2: the last line is cut off, what it told is lost", true), (lines[1].Event, lines[1].Problem, lines[1].IsLast));
            else
                Assert.All(lines, line => Assert.Null(line.Problem));
        }
    }

    [Fact]
    public void What_a_disk_without_room_leaves_is_a_line_cut_off()
    {
        File.WriteAllBytes(Path, [.. System.Text.Encoding.UTF8.GetBytes(First + "\n"), .. new byte[64]]);
        Assert.Equal([true, false], MetricsLine.ReadAll(Path).Select(line => line.Event is not null));
    }

    [Fact]
    public void A_line_in_the_middle_is_damage_with_its_place()
    {
        File.WriteAllText(Path, $"{First}\nnothing\n{Second}\n");
        var lines = MetricsLine.ReadAll(Path).ToList();
        Assert.Equal([1L, null, 2L], lines.Select(line => line.Event?.StepNumber));
        Assert.StartsWith($"{Path}:2: ", lines[1].Problem, StringComparison.Ordinal);
        Assert.False(lines[1].IsLast);
    }

    [Fact]
    public void A_line_of_a_later_version_is_not_taken_for_damage()
    {
        File.WriteAllText(Path, First + "\n" + """{"event":"dream","format":2}""");
        Assert.Contains($"{Path}:2: ", Assert.Throws<UnknownFormatException>(() => MetricsLine.ReadAll(Path).ToList()).Message, StringComparison.Ordinal);
    }
}
