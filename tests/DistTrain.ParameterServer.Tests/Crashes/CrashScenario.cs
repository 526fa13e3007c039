using DistTrain.ParameterServer.Tests.Fixtures;

namespace DistTrain.ParameterServer.Tests.Crashes;

/// <summary>A job of three steps, each of them saved, that comes to its end; crashes are tried at every call of its servers' disk.</summary>
/// <param name="Servers">How many share the job.</param>
/// <param name="OwnFolders">Each has a folder of its own.</param>
/// <param name="GoesOnFrom">Step from which the servers go on once, in a second generation, though step 2 is sealed already; 0: from the beginning, though steps are saved.</param>
public sealed record CrashScenario(int Servers = 1, bool OwnFolders = false, long? GoesOnFrom = null)
{
    public const long Steps = 3;

    public const string JobId = "crashing";

    /// <summary>A job of this scenario, not opened.</summary>
    public static TinyJob JobOn(IReadOnlyList<RealServer> servers, long generation) =>
        new(servers, $"steps={Steps}", "checkpoint.everySteps=1") { Id = JobId, Generation = generation, TestExamples = 10 };

    /// <summary>The folder of one server's jobs below a root.</summary>
    public string FolderOf(string root, int server) => OwnFolders ? Path.Combine(root, $"server-{server}") : root;

    /// <summary>Opens, trains, saves, seals and prunes to the end.</summary>
    /// <param name="servers">The servers, started.</param>
    /// <param name="promised">Told of each step that a crash from then on may not fall behind; −1: of none.</param>
    public async Task RunAsync(IReadOnlyList<RealServer> servers, Action<long> promised)
    {
        var job = await JobOn(servers, generation: 1).OpenAsync();
        if (GoesOnFrom is { } step)
        {
            await using (var ranks = await Cohort.AttachAsync(job))
            {
                await SaveAsync(job, ranks, 1, promised);
                if (step > 0)
                    await job.SealAsync(1, 1);
                await SaveAsync(job, ranks, 2, promised);
                if (step > 0)
                    await job.SealAsync(2, 1, 2);
            }

            promised(step > 0 ? step : -1);
            await (step > 0 ? job.RestoreAsync(step) : job.StartOverAsync());
        }

        await using (var ranks = await Cohort.AttachAsync(job))
        {
            if (GoesOnFrom is not > 0)
            {
                await SaveAsync(job, ranks, 1, promised);
                await job.SealAsync(1, 1);
            }

            // Not sealed: at the end a sealed checkpoint is pruned and one that never was.
            await SaveAsync(job, ranks, 2, promised);
            await EndAsync(job, ranks);
        }

        promised(Steps);
    }

    private static async Task SaveAsync(TinyJob job, Cohort ranks, long step, Action<long> promised)
    {
        await ranks.TrainAsync(head => head.Version == step);
        await job.SavedAsync(step);
        promised(step);
    }

    /// <summary>Trains to the end, and ends the job as its grain does.</summary>
    public static async Task EndAsync(TinyJob job, Cohort ranks)
    {
        await ranks.TrainAsync();
        await Waiting.UntilAsync(job.StatusAsync, all => all.All(s => s.Finished), "the job is finished");
        // Nothing is offered where the last step is what the job went on from.
        if ((await job.StopAsync()).All(s => s.Saved.Any(p => p.Step == Steps)))
            await job.SealAsync(Steps, Steps);
    }
}
