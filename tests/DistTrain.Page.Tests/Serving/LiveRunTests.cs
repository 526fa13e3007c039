using DistTrain.Page.Data;
using DistTrain.Page.Serving;

namespace DistTrain.Page.Tests.Serving;

[Trait("Kind", "Fast")]
public class LiveRunTests
{
    [Fact]
    public void What_a_viewer_knows_and_the_next_tail_are_the_whole_run_at_any_time()
    {
        var run = new LiveRun("live", "job-1", "kind: TrainingJob\n", new Dictionary<string, string>(), buckets: 64);
        var known = new Settled(0, 0, 0);
        List<long> steps = [];
        List<string> strip = [];
        List<long> evaluations = [];
        var longest = 0;
        foreach (var (number, next) in SampleRun.Events(3_000).Index())
        {
            run.Add(next);
            if (number % 37 != 0)
                continue;
            var (kept, before) = (known, steps.Count);
            var tail = run.Tail(0, known);
            steps = [.. steps.Where(step => step <= tail.After), .. tail.Series.Steps.Step];
            evaluations = [.. evaluations.Where(step => step <= tail.After), .. tail.Series.Evaluations.Select(e => e.Step)];
            strip = [.. strip.Where(cell => long.Parse(cell.Split('-')[1]) <= tail.After), .. tail.Series.Strip.Select(Cell)];
            known = tail.Settled;
            var whole = run.Whole().Series;
            Assert.Equal(whole.Steps.Step, steps);
            Assert.Equal(whole.Evaluations.Select(e => e.Step), evaluations);
            Assert.Equal(whole.Strip.Select(Cell), strip);
            Assert.Equal(whole.Figures, tail.Series.Figures);
            if (tail.After > 0)
                longest = Math.Max(longest, tail.Series.Steps.Step.Count);
        }

        // A tail is the last of many buckets, not the run.
        Assert.InRange(longest, 1, steps.Count / 4);
    }

    private static string Cell(StripCell cell) => $"{cell.From}-{cell.To}-{cell.Fold}";
}
