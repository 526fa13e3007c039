using DistTrain.Optimization.Parameters;
using DistTrain.Protocol;
using DistTrain.Recipes;
using DistTrain.Recipes.Files;
using DistTrain.Worker.Jobs.Servers;
using Grpc.Core;

namespace DistTrain.Worker.Jobs.Door;

/// <summary>
/// Asks the servers, which alone read what jobs start from and probes look at, whether a new job can start so. From then on the digest of what it starts
/// from is a part of the job.
/// </summary>
internal sealed class StartCheck(SiloServers all)
{
    /// <returns>
    /// The job with the digest of what it starts from; one without a <c>from</c> as it is. Where there are problems, one line each, null.
    /// </returns>
    /// <exception cref="RpcException">UNAVAILABLE: a server is away.</exception>
    public async Task<(TrainingJob? Job, IReadOnlyList<string> Problems)> OfAsync(TrainingJob job, JobPreparation preparation)
    {
        var start = job.Spec.From;
        if (start is null && job.Spec.Probe is null)
            return (job, []);
        using var servers = await all.OfAsync(preparation.Layout);
        var seen = await servers.ExamineStartAsync(new OpenPartitionRequest
        {
            JobId = job.Name,
            JobFile = JobFile.Write(job),
            Layout = LayoutJson.Write(preparation.Layout),
            Leader = servers.Endpoints[0],
            TrainExamples = preparation.Data.TrainExamples,
            TestExamples = preparation.Data.TestExamples,
            DataFingerprint = preparation.Data.Fingerprint,
        });
        List<string> problems = [.. seen.SelectMany(server => server.Problems).Distinct()];
        if (problems.Count > 0)
            return (null, problems);
        if (start is null)
            return (job, []);
        return seen.Select(server => server.Sha256).Distinct().Count() == 1
            ? (job with { Spec = job.Spec with { From = start with { Sha256 = seen[0].Sha256 } } }, [])
            : (null, [$"{start.Key}: the servers find different things at {start.Checkpoint} ({string.Join(", ", seen.Select(server => server.Sha256))}); give a path where all of them see the same"]);
    }
}
