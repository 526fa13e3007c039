using System.Diagnostics;

namespace DistTrain.ParameterServer.Tests.Fixtures;

/// <summary>Waits that end, and say what was awaited when they end in vain.</summary>
public static class Deadline
{
    /// <summary>Far beyond what anything here takes, also on a busy machine.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static async Task<T> Within<T>(this Task<T> task, string what)
    {
        try
        {
            return await task.WaitAsync(Limit);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"not within {Limit}: {what}", e);
        }
    }

    public static Task Within(this Task task, string what) => WithResult(task).Within(what);

    /// <summary>Asks until <paramref name="holds"/>; for what a server does in the background and nothing announces.</summary>
    /// <returns>The answer that held.</returns>
    public static async Task<T> HoldsAsync<T>(Func<Task<T>> ask, Func<T, bool> holds, string what)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var answer = await ask().Within(what);
            if (holds(answer))
                return answer;
            if (watch.Elapsed > Limit)
                throw new TimeoutException($"not within {Limit}: {what}; the last answer was {answer}");
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }

    private static async Task<bool> WithResult(Task task)
    {
        await task;
        return true;
    }
}
