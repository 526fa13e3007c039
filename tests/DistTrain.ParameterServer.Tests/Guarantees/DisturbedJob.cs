using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Protocol;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Guarantees;

/// <summary>
/// A job with all that the guarantees are there for: chunks that come in another order than the ranks', some of them twice, and servers that go on
/// from a checkpoint in the middle of an epoch. What it comes to is held to what the job file says, not to another run.
/// </summary>
internal static class DisturbedJob
{
    private const int Steps = 5;
    private const int StepsInEpoch = 3;
    private const int Batch = 4;
    private const int SavedStep = 2;

    /// <summary>Runs it.</summary>
    /// <param name="server">Makes a server that is not started, with its jobs in a folder.</param>
    /// <param name="sharesMemory">Which ranks have their gradient in memory that the servers see.</param>
    /// <returns>What is not as the job file says.</returns>
    public static async Task<IReadOnlyList<string>> ViolationsAsync(Func<string, RealServer> server, Func<int, bool> sharesMemory)
    {
        using var folder = new TempFolder();
        await using var first = server(folder.Path);
        await using var second = server(folder.Path);
        await first.InitializeAsync();
        await second.InitializeAsync();
        var job = await new TinyJob([first, second], "workers=3", $"steps={Steps}", $"batch={Batch}", "checkpoint.everySteps=1") { TrainExamples = StepsInEpoch * Batch, SharesMemory = sharesMemory }.OpenAsync();
        try
        {
            await TrainAsync(job, 0, SavedStep);
            await job.SealAsync(SavedStep, SavedStep);
            // One step more, which is done again.
            await TrainAsync(job, SavedStep, SavedStep + 1);
            await job.RestoreAsync(SavedStep);
            await TrainAsync(job, SavedStep, Steps);
            await job.StopAsync();
            return [.. WeightsOf(await job.ReadVersionAsync(), job), .. HistoryOf(job)];
        }
        catch (Exception e) when (e is RpcException or TimeoutException)
        {
            return [e.Message];
        }
    }

    private static async Task TrainAsync(TinyJob job, long from, long to)
    {
        await using var cohort = await Cohort.AttachAsync(job);
        for (var step = from; step < to; step++)
        {
            foreach (var rank in cohort.Ranks.Reverse())
            {
                for (var server = 0; server < job.Servers.Count; server++)
                {
                    // Twice, as a rank does that was started again.
                    for (var time = 0; time < (rank.Rank == 1 ? 2 : 1); time++)
                    {
                        await rank.PushAsync(server);
                        if (rank.Rank > 0)
                            await rank[server].SettleAsync(step);
                    }
                }
            }

            foreach (var rank in cohort.Ranks)
                await rank.ReceiveAsync(step + 1);
        }
    }

    private static IEnumerable<string> WeightsOf(float[] found, TinyJob job)
    {
        var replica = ReferenceReplica.Start(job);
        for (var step = 0; step < Steps; step++)
        {
            var head = new VersionHead { Version = step, Position = new DataPosition { Epoch = step / StepsInEpoch, Cursor = Batch * (step % StepsInEpoch) } };
            replica.Step([.. Enumerable.Range(0, 3).Select(rank => Trainee.Gradient(head, rank))], job.Shares(), job.Job.Spec.Optimizer.Options.Number("lr"));
        }

        var differing = found.Index().Count(w => BitConverter.SingleToInt32Bits(w.Item) != BitConverter.SingleToInt32Bits(replica.Vector[w.Index]));
        if (differing > 0)
            yield return $"{differing} of {found.Length} weights are not those of the job file";
    }

    private static IEnumerable<string> HistoryOf(TinyJob job)
    {
        var found = File.ReadLines(Path.Combine(job.Folder, "metrics.jsonl")).Select(MetricsJson.Read).ToList();
        if (!found.Select(e => e.StepNumber).SequenceEqual(Enumerable.Range(1, Steps).Select(s => (long)s)))
            yield return $"the history has steps {string.Join(", ", found.Select(e => e.StepNumber))}, expected 1 to {Steps}";
        foreach (var entry in found)
        {
            var step = entry.StepNumber - 1;
            var expected = new LedgerEntry
            {
                Generation = entry.Ledger.Generation,
                Epoch = (int)(step / StepsInEpoch),
                Cursor = Batch * (int)(step % StepsInEpoch),
                Take = Batch,
                Digests = { Enumerable.Range(0, 3).Select(rank => FakeRank.Digest(step, rank)) },
            };
            if (!entry.Ledger.Equals(expected))
                yield return $"step {entry.StepNumber} took {entry.Ledger}, expected {expected}";
            if (entry.Step.Examples != Batch)
                yield return $"step {entry.StepNumber} has {entry.Step.Examples} examples, expected {Batch}";
        }
    }
}
