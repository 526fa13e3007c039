using DistTrain.Observability.Traces;
using DistTrain.Tests.Otlp;

namespace DistTrain.EndToEnd.Tests;

/// <summary>A step is one trace, over the silos of its ranks and the servers, and its parts are what it took.</summary>
[Trait("Kind", "Process")]
public class TraceTests
{
    private const int Steps = 40;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_sampled_step_is_one_trace_over_silos_and_servers_whose_parts_add_up()
    {
        using var folder = new RunFolder();
        await using var receiver = await OtlpReceiver.StartAsync();
        await TrainAsync(folder, receiver, "traced", "model.name=cnn", "workers=2", "batch=128", "dataset.trainExamples=1280", "dataset.testExamples=100", $"steps={Steps}");
        var names = Enumerable.Range(0, Steps).ToDictionary(step => new StepName("traced", 1, step).TraceId().ToHexString());

        // By the id alone every process comes to the same choice: all parts of a trace are there, or none.
        var traces = receiver.Spans.GroupBy(s => s.Trace).ToList();
        Assert.InRange(traces.Count, 1, Steps - 1);
        Assert.True(receiver.MetricsCalls > 0);
        var (covered, taken) = (0.0, 0.0);
        foreach (var trace in traces)
        {
            List<SeenSpan> spans = [.. trace];
            Assert.All(spans, s => Assert.Equal(("traced", names[trace.Key]), ((string)s.Attributes["job"], (int)s.Number("step"))));
            List<SeenSpan> steps = [.. spans.Where(s => s.Name == SpanNames.Step).OrderBy(s => s.Number("rank"))];
            Assert.Equal([0, 1], steps.Select(s => s.Number("rank")));
            List<SeenSpan> commits = [.. spans.Where(s => s.Name == SpanNames.Commit).OrderBy(s => s.Number("server"))];
            Assert.Equal([0, 1], commits.Select(s => s.Number("server")));
            foreach (var step in steps)
            {
                Parts(spans, step, [SpanNames.Shard, SpanNames.Forward, SpanNames.Backward, SpanNames.Push, SpanNames.Pull]);
                // Of what a rank waits for, the servers tell.
                covered += Covered(step, spans.Where(s => s.Parent == step.Id ? s.Name != SpanNames.Wait : s.Name is SpanNames.Aggregate or SpanNames.Update));
                taken += step.Seconds;
            }

            foreach (var commit in commits)
            {
                Assert.Equal("disttrain-server", commit.Service);
                Parts(spans, commit, [SpanNames.Aggregate, SpanNames.Update]);
            }

            // What ranks push is what the servers add, and each rank gets the whole vector.
            var pushed = Bytes(spans, SpanNames.Push);
            Assert.True(pushed > 0);
            Assert.Equal(pushed, Bytes(spans, SpanNames.Aggregate));
            Assert.Equal(pushed, Bytes(spans, SpanNames.Pull));
        }

        Assert.True(covered >= 0.9 * taken, $"{covered} of {taken} s");
    }

    [Fact]
    public async Task Exchanges_of_moments_lie_in_the_passes_that_wait_for_them_and_evaluations_in_their_steps()
    {
        using var folder = new RunFolder();
        await using var receiver = await OtlpReceiver.StartAsync();
        await TrainAsync(
            folder, receiver, "shared", "model.name=cnn", "model.norm=batch", "batchNorm.scope=global", "workers=2", "batch=32", "dataset.trainExamples=128", "dataset.testExamples=20", "evaluation.everyEpochs=1", "steps=20");
        var spans = receiver.Spans.ToLookup(s => s.Name);
        Assert.NotEmpty(spans[SpanNames.Moments]);
        var passes = spans[SpanNames.Forward].Concat(spans[SpanNames.Backward]).ToDictionary(s => s.Id);
        Assert.All(spans[SpanNames.Moments], moments =>
        {
            var pass = passes[moments.Parent];
            Assert.True(moments.Start >= pass.Start && moments.End <= pass.End);
            Assert.Equal(pass.Number("rank"), moments.Number("rank"));
            Assert.True(moments.Number("bytes") > 0);
        });
        // Each layer waits in both directions.
        Assert.Equal(2, spans[SpanNames.Moments].Select(m => passes[m.Parent].Name).Distinct().Count());
        var evaluations = spans[SpanNames.Evaluate].ToList();
        Assert.NotEmpty(evaluations);
        Assert.All(evaluations, e => Assert.Equal(SpanNames.Step, spans[SpanNames.Step].Single(s => s.Id == e.Parent).Name));
    }

    /// <summary>Two servers, two silos, one job; all have told what they had to tell when this returns.</summary>
    private static async Task TrainAsync(RunFolder folder, OtlpReceiver receiver, string id, params string[] settings)
    {
        var environment = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.Endpoint,
            ["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio",
            ["OTEL_TRACES_SAMPLER_ARG"] = "0.5",
            ["OTEL_BSP_MAX_QUEUE_SIZE"] = "100000",
        };
        List<DistTrainProcess> processes = [];
        try
        {
            for (var server = 0; server < 2; server++)
                processes.Add(DistTrainProcess.StartWith(environment, "server", "--port", "0", "--job-folder", folder[$"jobs-{server}/{{job}}"]));
            var servers = await Task.WhenAll(processes.Select(role => role.EndpointAsync()));
            for (var silo = 0; silo < 2; silo++)
                processes.Add(DistTrainProcess.StartWith(environment, "worker", "--port", "0", "--cluster", folder["cluster"], "--servers", string.Join(',', servers)));
            var endpoint = (await Task.WhenAll(processes.Skip(2).Select(role => role.EndpointAsync())))[0];
            await File.WriteAllTextAsync(folder["job.yaml"], StandingCluster.EmptyJob);
            _ = (await DistTrainProcess.RunAsync(["submit", folder["job.yaml"], "--endpoint", endpoint, "--id", id, "--watch", "--output", "json", .. Training.Set(settings)])).Completed;
            foreach (var process in Enumerable.Reverse(processes))
            {
                process.Signal(15);
                Assert.Equal(0, await process.ExitAsync(Patience));
            }
        }
        finally
        {
            foreach (var process in processes)
                await process.DisposeAsync();
        }
    }

    private static void Parts(List<SeenSpan> spans, SeenSpan whole, string[] names)
    {
        Assert.Empty(whole.Parent);
        var parts = spans.Where(s => s.Parent == whole.Id).ToList();
        Assert.Superset(names.ToHashSet(), parts.Select(p => p.Name).ToHashSet());
        Assert.All(parts, part =>
        {
            Assert.Equal(whole.Service, part.Service);
            Assert.True(part.Start >= whole.Start && part.Start <= part.End && part.End <= whole.End, $"{part} in {whole}");
        });
    }

    private static long Bytes(List<SeenSpan> spans, string name) => spans.Where(s => s.Name == name).Sum(s => s.Number("bytes"));

    /// <summary>Seconds of a span in which some of the others run.</summary>
    private static double Covered(SeenSpan whole, IEnumerable<SeenSpan> parts)
    {
        var (sum, until) = (0.0, whole.Start);
        foreach (var part in parts.OrderBy(p => p.Start))
        {
            var (from, to) = (Math.Max(part.Start, until), Math.Min(part.End, whole.End));
            sum += Math.Max(0, to - from);
            until = Math.Max(until, to);
        }

        return sum;
    }
}
