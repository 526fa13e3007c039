using System.Globalization;
using DistTrain.Optimization.Order;
using DistTrain.Protocol;
using DistTrain.Recipes.Files;

namespace DistTrain.Benchmarks.Pages;

/// <summary>The folder that a run leaves, without the run: job, data and a history whose ledger is right.</summary>
internal static class WrittenRun
{
    private const int Examples = 10_000, Batch = 128, Ranks = 2;

    public static void Write(string folder, long steps, params string[] settings)
    {
        Directory.CreateDirectory(folder);
        string[] all = [$"steps={steps}", $"batch={Batch}", $"workers={Ranks}", .. settings];
        var read = JobFile.Read(null, "written", all);
        var job = read.Job ?? throw new ArgumentException(string.Join('\n', read.Problems), nameof(settings));
        File.WriteAllText(Path.Combine(folder, "job.yaml"), JobFile.Write(job));
        File.WriteAllText(Path.Combine(folder, "data.json"), string.Create(CultureInfo.InvariantCulture, $$"""{"format":1,"dataset":"digits","trainExamples":{{Examples}}}"""));
        using var history = new FileStream(Path.Combine(folder, MetricsLine.FileName), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        var (position, order) = (Position.Start(), Array.Empty<int>());
        for (long step = 1; step <= steps; step++)
        {
            if (position.Cursor == 0)
                order = Permutation.Of(job.Spec.Seed, 0, position.Epoch, Examples);
            var take = position.Take(Batch, Examples);
            Line(history, new MetricsEvent { Step = Step(step, take, job.Spec.Seed), Ledger = Entry(position, take, order) });
            position = position.Advance(take, Examples);
            if (step % 1000 == 0 || step == steps)
                Line(history, new MetricsEvent { Evaluation = new EvaluationMetrics { Step = step, Epoch = position.EpochsDone(Examples), Loss = 0.1 + (2 / (1 + (step / 90.0))), Accuracy = 1 - (0.9 / (1 + (step / 60.0))), Examples = 1000 } });
        }
    }

    private static void Line(FileStream history, MetricsEvent next)
    {
        history.Write(MetricsJson.Write(next));
        history.WriteByte((byte)'\n');
    }

    /// <summary>Figures like those of a run, each with all its digits.</summary>
    private static StepMetrics Step(long step, int examples, long seed)
    {
        var wave = Math.Sin((step * 12.9898) + seed) * 0.5;
        return new StepMetrics
        {
            Step = step,
            Epoch = (double)step * Batch / Examples,
            Loss = 0.1 + (2.3 / (1 + (step / 50.0))) + (0.1 * wave),
            Accuracy = Math.Clamp(1 - (0.9 / (1 + (step / 40.0))) + (0.05 * wave), 0, 1),
            LearningRate = 0.1 / (1 + (step / 1e5)),
            Examples = examples,
            Milliseconds = 80 + (10 * wave),
            ComputeMilliseconds = 70 + (9 * wave),
            GradientNorm = 1 + wave,
            Noise = new NoiseMetrics { GradientSquare = 1 + wave, Trace = 50 - wave, Scale = 50 + Math.Sqrt(step), CriticalBatch = (long)(50 + Math.Sqrt(step)) },
        };
    }

    private static LedgerEntry Entry(Position position, int take, int[] order)
    {
        var entry = new LedgerEntry { Generation = 1, Epoch = position.Epoch, Cursor = position.Cursor, Take = take };
        for (var rank = 0; rank < Ranks; rank++)
        {
            var shard = Shard.Of(rank, Ranks, take);
            entry.Digests.Add(ExampleDigest.Of(order.AsSpan(position.Cursor + shard.Start, shard.Count)));
        }

        return entry;
    }
}
