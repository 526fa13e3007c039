// Submits a job, follows it, and downloads its files:
//   dotnet run --project docs/samples/dotnet-client -- http://127.0.0.1:5000 job.yaml models/first
// For a cluster with TLS the address is https://…, and a fourth argument names the folder with the certificates.
using DistTrain.Client;

if (args is not [var address, var file, var folder, ..])
    return Wrong("arguments: address job.yaml folder [certificates]");
try
{
    using var cluster = new DistTrainClient(address, new DistTrainClientOptions { CertificateFolder = args.ElementAtOrDefault(3) });
    var id = await cluster.SubmitAsync(await File.ReadAllTextAsync(file));
    var job = new JobSummary { JobId = id };
    await foreach (var next in cluster.WatchAsync(id))
    {
        if (next is StepMetrics step)
            Console.WriteLine($"step {step.Step}: loss {step.Loss:F4}");
        job = next as JobSummary ?? job;
    }

    if (job.Result is null)
        return Wrong($"job {id} has {job.State.ToString().ToLowerInvariant()}: {job.Error}");
    await cluster.DownloadAsync(id, folder);
    Console.WriteLine($"accuracy {job.Result.TestAccuracy:P2}, weights {job.Result.WeightsSha256}");
    return 0;
}
catch (DistTrainException e)
{
    return Wrong(e.Message);
}

static int Wrong(string reason)
{
    Console.Error.WriteLine(reason);
    return 1;
}
