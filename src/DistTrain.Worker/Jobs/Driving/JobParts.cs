using DistTrain.Worker.Jobs.Servers;

namespace DistTrain.Worker.Jobs.Driving;

/// <summary>What a job's grain looks at and acts upon.</summary>
/// <param name="Notes">The job's log.</param>
/// <param name="Waits">What it waits for.</param>
/// <param name="Servers">Its parameter servers.</param>
/// <param name="Ranks">Its ranks.</param>
internal sealed record JobParts(JobNotes Notes, JobWaits Waits, JobServers Servers, JobRanks Ranks);
