using DistTrain.Cli.Invocation;
using DistTrain.Cli.Jobs;
using DistTrain.Cli.Output;
using DistTrain.Client;
using DistTrain.Optimization.Landscape;
using DistTrain.Protocol.Clients;
using DistTrain.Recipes.Files;
using DistTrain.Worker.Jobs;

namespace DistTrain.Cli.Landscape;

/// <summary>A look at the curvature as a job of a cluster: submitted, followed to its end, and its findings fetched.</summary>
/// <param name="context">The command.</param>
/// <param name="cluster">The cluster.</param>
/// <param name="endpoint">Where it is.</param>
/// <param name="progress">Told of products.</param>
internal sealed class ClusterProbe(CommandContext context, DistTrainClient cluster, Endpoint endpoint, ProbeProgress progress)
{
    private readonly List<double> _paces = [];
    private JobSummary _last = new();

    /// <summary>Runs it. Asked to stop, it cancels the job.</summary>
    /// <param name="id">The job's.</param>
    /// <param name="probe">What is looked at.</param>
    /// <param name="source">Where the weights are, for people.</param>
    /// <param name="step">Of the weights, where the command knows it.</param>
    /// <param name="file">Where results go.</param>
    /// <exception cref="CommandException">The cluster refuses the probe, or it has failed.</exception>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    public async Task<(DiagnosedEvent Diagnosed, ProbeFindings Findings)> RunAsync(string id, ProbeFile probe, string source, long? step, string file)
    {
        var began = context.Clock.GetTimestamp();
        var stop = context.Interruption.Requested;
        await context.AnswerAsync(endpoint, cluster.SubmitAsync(probe.Write(), id, stop));
        try
        {
            await FollowAsync(id, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await cluster.CancelAsync(id, CancellationToken.None);
            throw;
        }

        if (_last.State == JobState.Cancelled)
            throw CommandException.Failed($"job {id} was cancelled");
        if (_last.State != JobState.Completed)
            throw CommandException.Failed(_last.Error ?? "the cluster gave no reason");
        var findings = await FindingsAsync(id, stop);
        return (DiagnosedOf(id, probe, source, step, file, findings, context.Clock.GetElapsedTime(began).TotalSeconds), findings);
    }

    private async Task FollowAsync(string id, CancellationToken stop)
    {
        using var wait = new WatchWait(context.Waits);
        await foreach (var next in cluster.WatchAsync(id, wait.Of(new WatchOptions()), stop))
        {
            switch (next)
            {
                case JobSummary summary:
                    _last = summary;
                    break;
                // The first is the gradient.
                case StepMetrics { Step: > 1 } product:
                    _paces.Add(product.Milliseconds / 1000);
                    progress.Tell(new ProductEvent(product.Step - 1, _last.TotalSteps - 1, product.LambdaMax, product.LambdaMin));
                    break;
                case LogLine { Kind: not LogKind.Note } line:
                    await context.Error.WriteLineAsync(line.Text);
                    break;
            }
        }
    }

    private async Task<ProbeFindings> FindingsAsync(string id, CancellationToken stop)
    {
        var folder = Directory.CreateTempSubdirectory("disttrain-");
        try
        {
            await cluster.DownloadAsync(id, folder.FullName, name => name == ProbeFindings.FileName, stop);
            var path = Path.Combine(folder.FullName, ProbeFindings.FileName);
            return ProbeFindings.Read(await File.ReadAllTextAsync(path, stop), path);
        }
        catch (FileNotFoundException e)
        {
            throw CommandException.Failed($"job {id} has completed, and the cluster has no findings of it", e);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private DiagnosedEvent DiagnosedOf(string id, ProbeFile probe, string source, long? step, string file, ProbeFindings found, double seconds)
    {
        var (recipe, plan) = (probe.Recipe, probe.Recipe.Plan);
        var looked = new Looked(
            source,
            found.Step ?? step,
            found.WeightsSha256,
            recipe.Data,
            found.Examples,
            recipe.Mode,
            recipe.Precision,
            _last.Workers,
            found.Parameters,
            found.LossSum / found.Examples,
            found.Correct,
            found.Smallest.Select(share => new DirectionShare(share.Tensor, share.Share)),
            found.Largest.Select(share => new DirectionShare(share.Tensor, share.Share)),
            found.Sha256)
        {
            TellsNumbers = _last.Result?.Diagnosis?.RSquared is not null,
            Sharpness = found.Searches is { } searches
                ? Sharpness.Of(searches.Select(search => new BoxSearchRecord(search.Box, search.Losses, SoftPasses: 0, IsDone: true, search.IsAtCorner, Subspace: null)), plan.Sharpness!)
                : null,
        };
        var findings = CurvatureFindings.Of(Recursions(found), found.GradientNorm, found.Parameters, plan);
        var recoveries = _last.Result?.Recoveries ?? 0;
        return Diagnosis.Of(looked, findings, plan, seconds, file) with
        {
            Job = id,
            Recoveries = recoveries,
            RedoneProducts = _last.Result?.RedoneSteps ?? 0,
            LostSeconds = recoveries == 0 ? null : Math.Max(0, seconds - (_paces.Count * Median())),
        };
    }

    /// <summary>Of the found recursions, α and β.</summary>
    public static IReadOnlyList<(IReadOnlyList<double> Alphas, IReadOnlyList<double> Betas)> Recursions(ProbeFindings found) =>
        [.. found.Recursions.Select(recursion => (recursion.Alphas, recursion.Betas))];

    private double Median() => _paces.Count == 0 ? 0 : _paces.Order().ElementAt(_paces.Count / 2);
}
