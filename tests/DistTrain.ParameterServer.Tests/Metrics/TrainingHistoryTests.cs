using DistTrain.Optimization.Order;
using DistTrain.ParameterServer.Metrics;
using DistTrain.ParameterServer.Tests.Crashes;
using DistTrain.Protocol;
using DistTrain.Training.Steps;

namespace DistTrain.ParameterServer.Tests.Metrics;

/// <summary>The file of the history; its events are evaluations here.</summary>
[Trait("Kind", "Fast")]
public sealed class TrainingHistoryTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly RecordedDisk _disk;

    public TrainingHistoryTests() => _disk = new RecordedDisk(_folder.Path);

    private string Path => _folder["metrics.jsonl"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_the_file_told_stays_until_the_first_flush()
    {
        using (var first = New())
        {
            Record(first, 1, 5);
            first.Flush();
        }

        using var second = New(restored: 3);
        Assert.False(second.HasNew);
        Record(second, 3, 3);
        Assert.True(second.HasNew);
        Assert.Equal([1, 2, 3, 4, 5], Steps());
        second.Flush();
        Assert.Equal([1, 2, 3], Steps());
        Record(second, 4, 4);
        second.Flush();
        Assert.Equal([1, 2, 3, 4], Steps());
    }

    /// <summary>More than is gathered in memory, so that the file is written under way.</summary>
    [Fact]
    public void A_full_disk_fails_no_event_and_all_are_there_once_it_has_space()
    {
        using var history = New();
        _disk.Fault = call => call.What == "write" ? new IOException("No space left on device") : null;
        Record(history, 1, 2000);
        Assert.Throws<IOException>(history.Flush);
        Record(history, 2001, 4000);
        Assert.Throws<IOException>(history.Flush);

        _disk.Fault = _ => null;
        history.Flush();
        Assert.Equal(Enumerable.Range(1, 4000).Select(i => (long)i), Steps());
    }

    /// <summary>After a failed flush the system may have dropped what it held.</summary>
    [Fact]
    public void After_a_flush_that_failed_the_whole_file_is_written_anew()
    {
        using var history = New();
        Record(history, 1, 3);
        _disk.Fault = call => call.What == "flush" ? new IOException("input/output error") : null;
        Assert.Throws<IOException>(history.Flush);
        Record(history, 4, 4);
        _disk.Fault = _ => null;
        var before = _disk.Calls.Count;
        history.Flush();
        Assert.Equal(["create", "write", "flush", "move", "flush folder"], _disk.Calls.Skip(before).Select(c => c.Call.What));
        Assert.Equal([1, 2, 3, 4], Steps());
    }

    [Fact]
    public void A_line_that_was_cut_off_or_damaged_is_left_out_and_those_behind_it_are_kept()
    {
        using (var first = New())
        {
            Record(first, 1, 3);
            first.Flush();
        }

        var lines = File.ReadAllLines(Path);
        lines[1] = lines[1][..20];
        File.WriteAllText(Path, string.Join('\n', lines) + "\n{\"event\":\"evaluation\",\"st");
        using var second = New(restored: 9);
        Record(second, 9, 9);
        second.Flush();
        Assert.Equal([1, 3, 9], Steps());
    }

    private static void Record(TrainingHistory history, long from, long to)
    {
        for (var version = from; version <= to; version++)
            history.Evaluated(new EvaluationTotal(version, Examples: 10, Loss: 0.5, new TaskFigures(0.9, Measures: null)), epoch: 1, EvaluationSet.Test);
    }

    private TrainingHistory New(long? restored = null) => new(
        _disk,
        Path,
        TimeProvider.System,
        restored is { } version ? new OpenStep(version, Position.Start(), Take: 4, Evaluate: true, Rate: 0) : null);

    private List<long> Steps() => [.. File.ReadLines(Path).Select(line => MetricsJson.Read(line).Evaluation.Step)];
}
