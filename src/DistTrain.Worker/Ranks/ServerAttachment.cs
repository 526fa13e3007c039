using DistTrain.Protocol;
using DistTrain.Protocol.Regions;
using DistTrain.Torch.Data;
using Grpc.Core;

namespace DistTrain.Worker.Ranks;

/// <summary>A rank's streams to all servers of its job, joined, with the version to start from pulled into the replica.</summary>
internal sealed class ServerAttachment : IDisposable
{
    private readonly CancellationTokenRegistration _onStop;

    private ServerAttachment(VersionInbox inbox, IReadOnlyList<ServerStream> streams, MomentStream? moments, CancellationToken stop)
    {
        (Inbox, Streams, Moments) = (inbox, streams, moments);
        _onStop = stop.Register(() => inbox.Fail(new OperationCanceledException(stop)));
        Head = new VersionHead();
    }

    public VersionInbox Inbox { get; }

    public IReadOnlyList<ServerStream> Streams { get; }

    /// <summary>Where BatchNorm layers meet those of other ranks; null where each rank is by itself.</summary>
    public MomentStream? Moments { get; }

    /// <summary>The version that was pulled.</summary>
    public VersionHead Head { get; private set; }

    /// <summary>Joins every server, then pulls the lowest open version: a rank that died half-way replays from it.</summary>
    /// <param name="assignment">Who joins.</param>
    /// <param name="home">Where it lives.</param>
    /// <param name="sharesMoments">Whether the rank's BatchNorm layers meet those of others.</param>
    /// <param name="data">Says which data this silo reads.</param>
    /// <param name="place">Takes the version in.</param>
    /// <param name="gradient">Where the rank has its gradient, for servers of this machine; null: it pushes chunks.</param>
    /// <param name="stop">Ends it, and later the waiting for versions.</param>
    /// <exception cref="RpcException">A server is away, or refuses the rank.</exception>
    /// <exception cref="RankFaultException">This silo reads other data than the job started with.</exception>
    public static ServerAttachment Open(RankAssignment assignment, RankHome home, bool sharesMoments, Dataset data, VersionPlace place, SharedRegion? gradient, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var inbox = new VersionInbox(place, assignment.Servers.Count);
        var join = new JoinRequest
        {
            JobId = assignment.JobId,
            Generation = assignment.Generation,
            Rank = assignment.Rank,
            LayoutHash = place.Layout.Hash,
            DataFingerprint = data.Fingerprint,
            Silo = home.Silo,
            Membership = home.Membership,
            Gradient = gradient?.Offer,
        };
        var attachment = new ServerAttachment(
            inbox,
            [.. assignment.Servers.Select((endpoint, server) => ServerStream.Open(home.Peers, endpoint, server, inbox, join, gradient))],
            sharesMoments ? new MomentStream(home.Peers, assignment.Servers[0], inbox) : null,
            stop);
        try
        {
            var version = inbox.WaitForJoin();
            attachment.Moments?.Join(assignment, place.Layout);
            attachment.Head = attachment.Pull(version);
            return attachment;
        }
        catch
        {
            attachment.Dispose();
            throw;
        }
    }

    /// <summary>Asks for a version and waits until the replica holds it: the committed one, or the one before it.</summary>
    /// <returns>Its head.</returns>
    public VersionHead Pull(long version)
    {
        Inbox.Expect(version);
        foreach (var stream in Streams)
            stream.Send(new RankMessage { Pull = new PullRequest { Version = version } });
        return Inbox.WaitForVersion();
    }

    /// <summary>The weights that a probe looks at, which come once.</summary>
    /// <param name="jobId">The probe.</param>
    /// <param name="place">Of its vectors.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>[Layout.Length · Width]</returns>
    /// <exception cref="RpcException">A server is away.</exception>
    public float[] ReadWeights(string jobId, VersionPlace place, CancellationToken stop)
    {
        var weights = new float[place.Memory.Length];
        Task.WhenAll(Streams.Select((stream, server) => stream.ReadAsync(
            new ReadVersionRequest { JobId = jobId, Server = server, Vector = ProbeVector.Weights }, place.Layout, weights, place.Width, stop))).GetAwaiter().GetResult();
        return weights;
    }

    /// <summary>Training is over: waits until the servers have read everything that was sent.</summary>
    public void Complete() => Task.WhenAll(Streams.Select(s => s.CompleteAsync())).GetAwaiter().GetResult();

    public void Dispose()
    {
        _onStop.Dispose();
        // The streams first: their end is told to the other.
        Task.WhenAll(Streams.Select(s => s.DisposeAsync().AsTask())).GetAwaiter().GetResult();
        Moments?.Dispose();
    }
}
