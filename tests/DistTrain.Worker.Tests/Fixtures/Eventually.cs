using System.Diagnostics;

namespace DistTrain.Worker.Tests.Fixtures;

/// <summary>Polls for what must come true by itself.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks until <paramref name="holds"/>; an exception of <paramref name="ask"/> counts as not yet.</summary>
    /// <returns>The answer that held.</returns>
    /// <exception cref="TimeoutException">It did not within <paramref name="limit"/>; the message tells the last answer.</exception>
    public static async Task<T> HoldsAsync<T>(Func<Task<T>> ask, Func<T, bool> holds, TimeSpan limit, string what)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            object? last;
            try
            {
                var answer = await ask().WaitAsync(limit);
                if (holds(answer))
                    return answer;
                last = answer;
            }
            catch (Exception e)
            {
                last = e;
            }

            if (watch.Elapsed > limit)
                throw new TimeoutException($"Not within {limit}: {what}. The last answer was {last}");
            await Task.Delay(Pause);
        }
    }
}
