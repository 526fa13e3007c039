using System.Text.Json.Nodes;
using DistTrain.Page.Data;
using DistTrain.Protocol;

namespace DistTrain.Page.Tests;

/// <summary>Runs that were never made, with numbers that any formula gives.</summary>
internal static class SampleRun
{
    /// <summary>The events of a run: steps of 128 examples of 2 ranks, an evaluation every 100.</summary>
    public static IEnumerable<MetricsEvent> Events(int steps, int seed = 1, int restoredAt = 0)
    {
        for (var step = 1; step <= steps; step++)
        {
            yield return Step(step, seed, restoredAt > 0 && step > restoredAt ? 2 : 1);
            if (step % 100 == 0 || step == steps)
            {
                yield return new MetricsEvent
                {
                    Evaluation = new EvaluationMetrics { Step = step, Epoch = step / 500.0, Loss = 2.3 / (1 + (step / 80.0)), Accuracy = 1 - (0.9 / (1 + (step / 60.0))), Examples = 1000 },
                };
            }
        }
    }

    /// <summary>A step whose figures are those of no other.</summary>
    public static MetricsEvent Step(int step, int seed = 1, long generation = 1)
    {
        var wave = Math.Sin((step * 12.9898) + seed) * 0.5;
        return new MetricsEvent
        {
            Step = new StepMetrics
            {
                Step = step,
                Epoch = step / 500.0,
                Loss = (2.3 / (1 + (step / 50.0))) + (0.1 * (1 + wave)),
                Accuracy = Math.Clamp(1 - (0.9 / (1 + (step / 40.0))) + (0.05 * wave), 0, 1),
                LearningRate = 0.1 * Math.Min(1, step / 50.0),
                Examples = 128,
                Milliseconds = 80 + (10 * wave),
                ComputeMilliseconds = 70 + (9 * wave),
                GradientNorm = 1 + wave,
                Noise = new NoiseMetrics { GradientSquare = 1, Trace = 50, Scale = 50 + step, CriticalBatch = 50 + step },
            },
            Ledger = new LedgerEntry { Generation = generation, Cursor = step * 128, Take = 128, Digests = { (ulong)step * 2654435761, (ulong)step ^ 0x9e3779b97f4a7c15 } },
        };
    }

    /// <summary>The run as a page has it.</summary>
    public static RunPage Page(string name, IEnumerable<MetricsEvent> events, string seed = "1", string rate = "0.1", string jobFile = "kind: TrainingJob\n", string ledger = LedgerFindings.Unbroken)
    {
        var curves = new RunCurves();
        foreach (var next in events)
            curves.Add(next);
        var series = curves.ToSeries();
        return new RunPage(
            name,
            $"job-{name}",
            "completed",
            jobFile,
            new Dictionary<string, string> { ["spec.model.name"] = "cnn", ["spec.dataset.name"] = "mnist", ["spec.batch"] = "128", ["spec.optimizer.name"] = "momentum", ["spec.optimizer.lr"] = rate, ["spec.seed"] = seed },
            series,
            new LedgerFindings(ledger, 1000, ledger == LedgerFindings.IsBroken ? [7] : [], ledger == LedgerFindings.IsBroken ? ["step 7, rank 1: the digest is wrong"] : [], ledger == LedgerFindings.IsBroken ? 1 : 0),
            Log(),
            new string('a', 64),
            JsonNode.Parse("""{"dataset":"mnist","trainExamples":60000,"testExamples":10000,"shape":[1,28,28],"classes":10,"fingerprint":"f00d"}"""),
            [])
        {
            Landscape = [JsonNode.Parse(Diagnosis)!],
            Slices = [Slice(1), Slice(2)],
            Ranks = [new RankRow(0, "127.0.0.1:5000", 70, 2, 0, 6, 1, true), new RankRow(1, null, 40, 2, 30, 6, 1, false)],
        };
    }

    private const string Diagnosis = """
        {"step":300,"data":"train","examples":1000,"precision":"float64","loss":0.25,"accuracy":0.9,"gradientNorm":0.001,"gradientTolerance":0.01,"curvatureTolerance":0.1,"verdict":"saddle",
        "reason":"the gradient vanishes, and the smallest eigenvalue is negative","lambdaMax":31.5,"lambdaMin":-2.5,"isComplete":false,"products":80,
        "positive":{"value":0.2,"error":0.01,"low":0.19,"high":0.21},"spectrum":[{"value":-2.5,"residual":0.1,"weight":0.01},{"value":0.1,"residual":0.1,"weight":0.9},{"value":31.5,"residual":0.1,"weight":0.09}],
        "sharpness":[{"box":"full","radius":0.001,"sharpness":12.5,"highestLoss":0.4,"passes":20,"isAtCorner":true}]}
        """;

    /// <summary>A bowl, along a line or over a plane.</summary>
    private static JsonObject Slice(int dimensions)
    {
        double[] places = [.. Enumerable.Range(-5, 11).Select(i => i / 5.0)];
        var points = dimensions == 1
            ? places.Select(alpha => new JsonObject { ["alpha"] = alpha, ["loss"] = 0.25 + (alpha * alpha), ["accuracy"] = 0.9 })
            : places.SelectMany(alpha => places, (alpha, beta) => new JsonObject { ["alpha"] = alpha, ["beta"] = beta, ["loss"] = 0.25 + (alpha * alpha) + (3 * beta * beta), ["accuracy"] = 0.9 });
        return new JsonObject { ["step"] = 300, ["data"] = "train", ["examples"] = 1000, ["losses"] = new JsonArray([.. points]) };
    }

    /// <summary>A document with these runs.</summary>
    public static PageDocument Document(params IReadOnlyList<RunPage> runs) => new("sample", "1.0.0", DateTimeOffset.UnixEpoch, runs, []);

    private static List<RunLogLine> Log() =>
    [
        new(DateTimeOffset.UnixEpoch, 0, RunLogKind.Started, "disttrain 1.0.0 on a processor; 1 server and 2 silos"),
        new(DateTimeOffset.UnixEpoch.AddSeconds(5), 60, RunLogKind.Died, "silo-1 (process 7) ended unexpectedly with exit code 137; starting it again"),
        new(DateTimeOffset.UnixEpoch.AddSeconds(6), 60, RunLogKind.Moved, "rank 1 goes on at silo S1; S2 is gone"),
        new(DateTimeOffset.UnixEpoch.AddSeconds(7), 62, RunLogKind.Joined, "silo-1 is back"),
        new(DateTimeOffset.UnixEpoch.AddSeconds(9), 50, RunLogKind.Restored, "generation 2 goes on from step 50; 13 step(s) are done again", 13),
        new(DateTimeOffset.UnixEpoch.AddSeconds(20), 300, RunLogKind.Ended, "completed"),
    ];
}
