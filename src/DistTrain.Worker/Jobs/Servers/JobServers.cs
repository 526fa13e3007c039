using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DistTrain.Worker.Jobs.Servers;

/// <summary>
/// The connections of a job's grain to its parameter servers, and the step that they were last seen at. What must not be forgotten of them stands in the
/// job's record.
/// </summary>
/// <param name="jobId">The job.</param>
/// <param name="step">The committed step by the job's record.</param>
/// <param name="peers">Reaches the servers.</param>
/// <param name="waits">Told of servers that are asked, and answer.</param>
/// <param name="time">Gives calls their deadlines.</param>
/// <param name="logger">Told of servers that can't be reached.</param>
internal sealed class JobServers(string jobId, long step, PeerChannels peers, JobWaits waits, TimeProvider time, ILogger logger) : IDisposable
{
    private ServerControl? _control;

    /// <summary>The committed step when it was last seen.</summary>
    public long Step { get; set; } = step;

    /// <summary>The servers as they are connected to, or are now.</summary>
    /// <param name="endpoints">The job's servers in order of their buckets.</param>
    public ServerControl Of(IReadOnlyList<string> endpoints) => _control ??= new ServerControl(endpoints, peers, time, waits);

    /// <summary>The servers, connected to anew.</summary>
    /// <param name="endpoints">The job's servers in order of their buckets.</param>
    public ServerControl Anew(IReadOnlyList<string> endpoints)
    {
        Dispose();
        return Of(endpoints);
    }

    /// <summary>Ends training at a step's end; what is committed is saved.</summary>
    /// <returns>How the servers stand.</returns>
    /// <exception cref="RpcException">A server is away or does not know the job.</exception>
    public async Task<PartitionStatus[]> StopAsync(IReadOnlyList<string> endpoints)
    {
        var status = await Of(endpoints).StopAsync(jobId);
        Step = status.Min(s => s.Version);
        return status;
    }

    /// <summary>Notes whose disk the job waits for.</summary>
    /// <param name="endpoints">The job's servers in order of their buckets.</param>
    /// <param name="status">How they stand.</param>
    public void NoteDisks(IReadOnlyList<string> endpoints, IReadOnlyList<PartitionStatus> status)
    {
        foreach (var (server, seen) in endpoints.Zip(status))
        {
            var whom = $"the disk of server {server}";
            if (seen.HasAwaitedSave)
                waits.Fail(whom, $"the checkpoint of step {seen.AwaitedSave} is still being written, and the next one is due");
            else
                waits.End(whom);
        }
    }

    /// <summary>The servers give the job's memory back; one that can't be reached has to be asked again, or forgets it with its end.</summary>
    /// <param name="completed">The job has completed, which is on record.</param>
    public async Task ReleaseAsync(bool completed = false)
    {
        if (_control is not { } control)
            return;
        try
        {
            await control.ReleaseAsync(jobId, completed);
        }
        catch (RpcException e)
        {
            JobLog.ServerAway(logger, jobId, e.Status.Detail);
        }

        Dispose();
    }

    public void Dispose()
    {
        _control?.Dispose();
        _control = null;
    }
}
