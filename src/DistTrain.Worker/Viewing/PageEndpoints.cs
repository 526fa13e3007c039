using DistTrain.Page.Serving;
using DistTrain.Security.Callers;
using DistTrain.Worker.Jobs;
using DistTrain.Worker.Jobs.Door;
using DistTrain.Worker.Jobs.Driving;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistTrain.Worker.Viewing;

/// <summary>What the page asks of its silo.</summary>
/// <param name="access">Which jobs a caller sees, and may end.</param>
/// <param name="clock">Of the list of jobs.</param>
/// <param name="runs">Those that are looked at.</param>
/// <param name="time">Measures pauses.</param>
/// <param name="own">Where the silo's own page is.</param>
/// <param name="pages">Where the cluster's pages are.</param>
/// <param name="ends">Ends all streams.</param>
internal sealed class PageEndpoints(
    JobAccess access, JobClock clock, WatchedRuns runs, TimeProvider time, string own, Func<IReadOnlyList<string>> pages, CancellationToken ends) : IDisposable
{
    /// <summary>Then a stream ends, and its viewer is asked anew who it is.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1), Quiet = TimeSpan.FromSeconds(15);

    private readonly JobBoard _board = new(access, clock);
    private readonly NewsStreams _news = new(time);

    /// <summary>What only looks, by path.</summary>
    public IReadOnlyList<(string Path, RequestDelegate Answer)> Views =>
    [
        ("/data", context => TriedAsync(context, async () => await PageFront.JsonAsync(context, await ViewAsync(context, context.RequestAborted)))),
        ("/news", context => LimitedAsync(context, stop => _news.ServeAsync(context, (response, both) => TellAsync(context, response, both), stop))),
        ("/jobs/{job}/data", context => TriedAsync(context, async () => await PageFront.JsonAsync(context, runs.Of(await OwnAsync(context)).Document()))),
        ("/jobs/{job}/news", context => TriedAsync(context, async () =>
        {
            var job = await OwnAsync(context);
            using var there = time.CreateTimer(_ => runs.Touch(job.JobId), null, Quiet, Quiet);
            await LimitedAsync(context, stop => _news.ServeAsync(context, runs.Of(job), stop));
        })),
    ];

    /// <summary>Says no more than that there is a page: pages of other silos look for one when theirs is gone.</summary>
    public static Task AliveAsync(HttpContext context)
    {
        context.Response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <summary>Ends a job, if it is the caller's, and the page that asks is the cluster's own.</summary>
    public Task CancelAsync(HttpContext context)
    {
        if (OwnPages.IsOwn(context.Request))
            return TriedAsync(context, () => access.CancelAsync(JobOf(context), context));
        context.Refused();
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return context.Response.WriteAsync("Another page asks for this, not the one that is served here.\n");
    }

    public void Dispose() => _board.Dispose();

    private static string JobOf(HttpContext context) => (string)context.GetRouteValue("job")!;

    private Task<JobDescription> OwnAsync(HttpContext context) => access.OwnAsync(JobOf(context), context);

    private async Task LimitedAsync(HttpContext context, Func<CancellationToken, Task> serve)
    {
        using var limit = new CancellationTokenSource(Longest, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ends);
        await serve(both.Token);
    }

    private async Task TellAsync(HttpContext context, HttpResponse response, CancellationToken stop)
    {
        byte[] told = [];
        for (var since = clock.Now; ;)
        {
            try
            {
                var view = await ViewAsync(context, stop);
                if (!view.AsSpan().SequenceEqual(told) || clock.Now - since > Quiet)
                {
                    await response.WriteAsync("data: ", stop);
                    await response.Body.WriteAsync(told = view, stop);
                    await response.WriteAsync("\n\n", stop);
                    since = clock.Now;
                }
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                // Who serves the list of jobs is on its way to another silo.
                await response.WriteAsync(": the cluster does not answer\n\n", stop);
            }

            await response.Body.FlushAsync(stop);
            await Task.Delay(Second, time, stop);
        }
    }

    private async Task<byte[]> ViewAsync(HttpContext context, CancellationToken stop)
    {
        var caller = Caller.Of(context.User);
        var (jobs, left) = await _board.OfAsync(caller, stop);
        var isAsked = caller != Caller.Anybody;
        return new ClusterView(own, pages(), isAsked ? caller.Name : null, isAsked ? caller.Role : null, jobs, left).ToJson();
    }

    /// <summary>Answers with why it could not be done, as the front door would.</summary>
    private static async Task TriedAsync(HttpContext context, Func<Task> does)
    {
        try
        {
            await does();
        }
        catch (RpcException e)
        {
            await AnswerAsync(e.StatusCode switch
            {
                StatusCode.InvalidArgument => StatusCodes.Status400BadRequest,
                StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
                StatusCode.NotFound => StatusCodes.Status404NotFound,
                _ => StatusCodes.Status503ServiceUnavailable,
            }, e.Status.Detail);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            await AnswerAsync(StatusCodes.Status503ServiceUnavailable, "the cluster does not answer; try again");
        }

        Task AnswerAsync(int status, string why)
        {
            (context.Response.StatusCode, context.Response.ContentType) = (status, "text/plain; charset=utf-8");
            return context.Response.WriteAsync($"{why}\n");
        }
    }
}
