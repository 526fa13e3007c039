using System.Globalization;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Tests.Fixtures;
using DistTrain.Worker.Jobs.Servers;
using Grpc.Core;

namespace DistTrain.ParameterServer.Tests.Crashes;

/// <summary>
/// Whatever a crash leaves on the disks, the job goes on from it as if there had been no crash (G6, G7). A scenario is run once on a disk that
/// keeps the state after each call; then real servers are started on everything that a crash behind that call may leave.
/// </summary>
internal sealed class CrashCheck(CrashScenario scenario)
{
    /// <summary>Above all that a scenario uses.</summary>
    private const long NextGeneration = 10;

    private readonly List<string> _violations = [];
    private readonly HashSet<string> _tried = [];
    private TrainedModel? _expected;

    /// <summary>Calls of the scenario's disk.</summary>
    public int Calls { get; private set; }

    /// <summary>Different disks that servers were started on.</summary>
    public int Disks => _tried.Count;

    /// <summary>Tries a crash after every call of the scenario's disk.</summary>
    /// <param name="disk">Makes the disk in a folder; null: one that does as it is told.</param>
    /// <param name="onlyFirst">Ends with the first call where something is wrong.</param>
    /// <returns>What is wrong.</returns>
    public async Task<IReadOnlyList<string>> ViolationsAsync(Func<string, RecordedDisk>? disk = null, bool onlyFirst = false)
    {
        var (calls, promises) = await RecordAsync(disk ?? (root => new RecordedDisk(root)));
        Calls = calls.Count;
        // Backwards: of disks that differ in temporary files only, the one is tried that has most of them.
        foreach (var (call, after) in calls.Reverse())
        {
            var promised = promises.LastOrDefault(p => p.Call <= call.Number, (Call: 0, Step: -1)).Step;
            await TryAsync($"killed after {call}", after.Killed(), after, promised);
            foreach (var left in after.PowerCuts())
                await TryAsync($"power cut after {call}", left, DiskState.Of(left), promised);
            if (onlyFirst && _violations.Count > 0)
                break;
        }

        return _violations;
    }

    /// <summary>Tries what the scenario's servers themselves do when the machine stops: one call and all after it fail.</summary>
    /// <param name="number">The call.</param>
    /// <returns>What is wrong up to now; null where the scenario ends before that call.</returns>
    public async Task<IReadOnlyList<string>?> ViolationsOfDyingAtAsync(int number)
    {
        using var folder = new TempFolder();
        var disk = new RecordedDisk(folder.Path) { Fault = call => call.Number >= number ? new IOException("the machine has stopped") : null };
        var promised = -1L;
        await using (var servers = await ServerGroup.StartAsync(scenario, folder.Path, disk))
        {
            var run = scenario.RunAsync(servers.All, step => promised = disk.Failed.IsCompleted ? promised : step);
            await Task.WhenAny(run, disk.Failed).For("the scenario ends or dies");
            if (!disk.Failed.IsCompleted)
            {
                await run;
                return null;
            }

            await servers.DisposeAsync();
            await run.ContinueWith(_ => { }, TaskScheduler.Default).For("the scenario notices");
        }

        await TryAsync($"died at call {number}", disk.State.Killed(), disk.State, promised);
        return _violations;
    }

    private static async Task<TrainedModel> UndisturbedAsync()
    {
        using var folder = new TempFolder();
        await using var server = await RealServer.StartAsync(folder.Path);
        var job = await CrashScenario.JobOn([server], generation: 1).OpenAsync();
        await using var ranks = await Cohort.AttachAsync(job);
        await CrashScenario.EndAsync(job, ranks);
        return await TrainedModel.OfAsync(job);
    }

    private async Task<(IReadOnlyList<(DiskCall Call, DiskState After)> Calls, List<(int Call, long Step)> Promises)> RecordAsync(Func<string, RecordedDisk> make)
    {
        using var folder = new TempFolder();
        var disk = make(folder.Path);
        var promises = new List<(int Call, long Step)>();
        await using (var servers = await ServerGroup.StartAsync(scenario, folder.Path, disk))
            await scenario.RunAsync(servers.All, step => promises.Add((disk.Calls.Count, step)));
        return (disk.Calls, promises);
    }

    /// <summary>Starts servers on what is left, unless the same has been tried, and goes on to the end.</summary>
    private async Task TryAsync(string crash, DiskTree left, DiskState state, long promised)
    {
        if (!_tried.Add($"{left.Digest} {state.Flushed().Digest} {promised}"))
            return;
        _expected ??= await UndisturbedAsync();
        using var folder = new TempFolder();
        left.WriteTo(folder.Path);
        try
        {
            CheckSealed(folder.Path);
            var disk = new RecordedDisk(folder.Path, state);
            await using var servers = await ServerGroup.StartAsync(scenario, folder.Path, disk);
            var job = CrashScenario.JobOn(servers.All, NextGeneration);
            await GoOnAsync(job, promised, reason => _violations.Add($"{crash}: {reason}"));
            await using (var ranks = await Cohort.AttachAsync(job))
                await CrashScenario.EndAsync(job, ranks);
            if ((await TrainedModel.OfAsync(job)).DifferenceTo(_expected) is { } difference)
                _violations.Add($"{crash}: {difference}");
            if (!state.IsFlushed)
                CheckEnd(disk.State, _expected);
        }
        catch (Exception e) when (e is RpcException or TimeoutException or CheckpointException)
        {
            _violations.Add($"{crash}: {e.Message}");
        }
    }

    /// <summary>What has a manifest is whole.</summary>
    /// <exception cref="CheckpointException">It is not.</exception>
    private void CheckSealed(string root)
    {
        foreach (var manifest in Directory.EnumerateFiles(root, CheckpointManifest.FileName, SearchOption.AllDirectories))
        {
            var (folder, found) = CheckpointReader.Find(Path.GetDirectoryName(manifest)!);
            // With a folder of its own a server has its own part only.
            foreach (var part in found.Parts.Where(p => folder.StartsWith(scenario.FolderOf(root, p.Server), StringComparison.Ordinal)))
                CheckpointReader.ReadPart(folder, part);
        }
    }

    /// <summary>As the job's grain does: the newest checkpoint that all servers can go on from, or the one before where it is damaged.</summary>
    private static async Task GoOnAsync(TinyJob job, long promised, Action<string> violation)
    {
        for (var below = long.MaxValue; ;)
        {
            var choice = CheckpointChoice.Newest(await job.StoredAsync(), job.Layout.Length, below);
            if ((choice?.Step ?? -1) < promised)
                violation($"goes on from step {choice?.Step.ToString(CultureInfo.InvariantCulture) ?? "0"}, though step {promised} was there");
            try
            {
                await (choice is null ? job.StartOverAsync() : job.RestoreAsync(choice.Step, choice.Parts));
                return;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.DataLoss)
            {
                violation($"step {choice!.Step} looks whole and is not: {e.Status.Detail}");
                below = choice.Step;
            }
        }
    }

    /// <summary>What the job has come to is safe from a power cut, though part of what it stands on was written by servers that were killed.</summary>
    private void CheckEnd(DiskState end, TrainedModel expected)
    {
        using var folder = new TempFolder();
        end.Flushed().WriteTo(folder.Path);
        var folders = Enumerable.Range(0, scenario.Servers).Select(server => Path.Combine(scenario.FolderOf(folder.Path, server), CrashScenario.JobId));
        if (TrainedModel.OnDisk([.. folders]).DifferenceTo(expected) is { } difference)
            throw new CheckpointException($"after a power cut at the end, {difference}");
    }
}
