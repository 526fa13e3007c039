using DistTrain.Page.Data;
using Microsoft.AspNetCore.Http;

namespace DistTrain.Page.Serving;

/// <summary>The streams of news (server-sent events) of one server, of which there are only so many at a time.</summary>
/// <param name="clock">Measures pauses.</param>
/// <param name="most">Further ones are refused.</param>
public sealed class NewsStreams(TimeProvider clock, int most = NewsStreams.MostViewers)
{
    /// <summary>More streams of news than this are refused.</summary>
    public const int MostViewers = 200;

    /// <summary>From one piece of news to the next; between signs of life.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500), Quiet = TimeSpan.FromSeconds(15);

    private int _viewers;

    /// <summary>Opens a stream for a viewer, as long as nobody ends it.</summary>
    /// <param name="context">The viewer's request.</param>
    /// <param name="tell">Writes what there is to tell.</param>
    /// <param name="ends">Ends it too.</param>
    public async Task ServeAsync(HttpContext context, Func<HttpResponse, CancellationToken, Task> tell, CancellationToken ends)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(tell);
        if (Interlocked.Increment(ref _viewers) > most)
        {
            Interlocked.Decrement(ref _viewers);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await context.Response.WriteAsync($"{most} pages are open already.\n", ends);
            return;
        }

        try
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, ends);
            context.Response.ContentType = "text/event-stream";
            await tell(context.Response, both.Token);
        }
        catch (OperationCanceledException)
        {
            // The viewer is gone, or the page ends.
        }
        finally
        {
            Interlocked.Decrement(ref _viewers);
        }
    }

    /// <summary>News of a store's runs, by the edition that the request says its viewer has.</summary>
    public Task ServeAsync(HttpContext context, PageStore store, CancellationToken ends)
    {
        ArgumentNullException.ThrowIfNull(context);
        var edition = long.TryParse(context.Request.Query["edition"], out var known) ? known : 0;
        return ServeAsync(context, (response, stop) => TellAsync(response, store, edition, stop), ends);
    }

    private async Task TellAsync(HttpResponse response, PageStore store, long edition, CancellationToken ends)
    {
        for (var known = new Settled(0, 0, 0); ;)
        {
            // Before looking: what comes meanwhile is told the next time.
            var news = store.News;
            if (store.Edition != edition)
            {
                await response.WriteAsync($"event: edition\ndata: {edition = store.Edition}\n\n", ends);
                known = new Settled(0, 0, 0);
            }
            else if (store.Tail(known) is { } tail)
            {
                await response.WriteAsync("data: ", ends);
                await response.Body.WriteAsync(tail.ToJson(), ends);
                await response.WriteAsync("\n\n", ends);
                known = tail.Settled;
            }
            else
            {
                await response.WriteAsync(": nothing new\n\n", ends);
            }

            await response.Body.FlushAsync(ends);
            using var quiet = CancellationTokenSource.CreateLinkedTokenSource(ends);
            await Task.WhenAny(news, Task.Delay(Quiet, clock, quiet.Token));
            await quiet.CancelAsync();
            await Task.Delay(Pause, clock, ends);
        }
    }
}
