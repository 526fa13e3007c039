using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Protocol.Transport;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Worker.Cluster;
using DistTrain.Worker.Jobs.Servers;
using Grpc.Core;

namespace DistTrain.Worker.Jobs.Door;

/// <summary>Asks the servers, which alone read what jobs start from, whether a new job can start so. From then on its digest is a part of the job.</summary>
internal sealed class StartCheck(SiloOptions options, PeerChannels peers, TimeProvider time)
{
    /// <returns>The job with the digest of what it starts from; a job without a <c>from</c> as it is. Where there are problems, one line each, null.</returns>
    /// <exception cref="RpcException">UNAVAILABLE: a server is away.</exception>
    public async Task<(TrainingJob? Job, IReadOnlyList<string> Problems)> OfAsync(TrainingJob job, JobPreparation preparation)
    {
        if (job.Spec.From is not { } start)
            return (job, []);
        using var servers = new ServerControl([.. (await options.Servers).Take(preparation.Layout.Buckets.Count)], peers, time);
        var seen = await servers.ExamineStartAsync(new OpenPartitionRequest
        {
            JobId = job.Name,
            JobFile = JobFile.Write(job),
            Layout = LayoutJson.Write(preparation.Layout),
            Servers = 1,
            TrainExamples = preparation.Data.TrainExamples,
            TestExamples = preparation.Data.TestExamples,
            DataFingerprint = preparation.Data.Fingerprint,
        });
        List<string> problems = [.. seen.SelectMany(server => server.Problems).Distinct()];
        if (problems.Count == 0 && seen.Select(server => server.Sha256).Distinct().Count() > 1)
            problems.Add($"spec.from.checkpoint: the servers find different things at {start.Checkpoint} ({string.Join(", ", seen.Select(server => server.Sha256))}); give a path where all of them see the same");
        return problems.Count > 0 ? (null, problems) : (job with { Spec = job.Spec with { From = start with { Sha256 = seen[0].Sha256 } } }, []);
    }
}
