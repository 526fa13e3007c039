using DistTrain.Page.Data;

namespace DistTrain.Page.Tests.Data;

[Trait("Kind", "Fast")]
public sealed class RunLogTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void Lines_are_read_as_they_were_written_and_further_ones_come_behind_them()
    {
        using (var log = RunLog.Open(_folder.Path))
            log.Add(Line("first", redone: 13));
        using (var log = RunLog.Open(_folder.Path))
            log.Add(Line("second"));
        Assert.Equal([Line("first", redone: 13), Line("second")], RunLog.Read(_folder.Path)!);
        Assert.StartsWith("""{"time":"1970-01-01T00:00:00+00:00","step":3,"kind":"died","text":"first","redone":13}""", File.ReadAllText(_folder[RunLog.FileName]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_a_kill_has_cut_off_costs_no_other()
    {
        File.WriteAllText(_folder[RunLog.FileName], Line("first").ToJson() + "\n{\"time\":\"19");
        using (var log = RunLog.Open(_folder.Path))
            log.Add(Line("second"));
        Assert.Equal([Line("first"), Line("second")], RunLog.Read(_folder.Path)!);
    }

    [Fact]
    public void It_ends_with_a_line_that_says_so()
    {
        for (var command = 0; command < 2; command++)
        {
            using var log = RunLog.Open(_folder.Path, most: 10);
            for (var i = 0; i < 20; i++)
                log.Add(Line($"{i}"));
        }

        var lines = RunLog.Read(_folder.Path)!;
        Assert.Equal(11, lines.Count);
        Assert.Equal((RunLogKind.Note, "the log ends here: it has 10 lines"), (lines[^1].Kind, lines[^1].Text));
    }

    [Fact]
    public void Where_it_cannot_be_written_nothing_is_kept_and_nothing_thrown()
    {
        using (var log = RunLog.Open(_folder["no such folder"]))
            log.Add(Line("lost"));
        Assert.Null(RunLog.Read(_folder["no such folder"]));
    }

    public void Dispose() => _folder.Dispose();

    private static RunLogLine Line(string text, long redone = 0) => new(DateTimeOffset.UnixEpoch, 3, RunLogKind.Died, text, redone);
}
