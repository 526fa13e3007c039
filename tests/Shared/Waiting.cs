using System.Diagnostics;

namespace DistTrain.Tests.Shared;

/// <summary>Waits for what somebody else does. One that ends in vain says what it waited for, and what was seen last.</summary>
internal static class Waiting
{
    /// <summary>Far beyond what anything takes that is not waited for by a limit of its own, also on a busy machine.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits for the end of a task.</summary>
    /// <exception cref="TimeoutException">It has not ended within <paramref name="limit"/>, or else <see cref="Limit"/>.</exception>
    public static async Task<T> For<T>(this Task<T> task, string what, Func<string>? state = null, TimeSpan? limit = null)
    {
        await ((Task)task).For(what, state, limit);
        return await task;
    }

    /// <inheritdoc cref="For{T}(Task{T}, string, Func{string}?, TimeSpan?)"/>
    public static async Task For(this Task task, string what, Func<string>? state = null, TimeSpan? limit = null)
    {
        try
        {
            await task.WaitAsync(limit ?? Limit);
        }
        catch (TimeoutException e) when (!task.IsCompleted)
        {
            throw InVain(limit, what, state?.Invoke() ?? "no state", e);
        }
    }

    /// <summary>Looks again and again until the condition holds; for what gives no sign of itself.</summary>
    /// <param name="holds">The condition.</param>
    /// <param name="what">What it means.</param>
    /// <param name="state">What there is to see when it does not come true.</param>
    /// <param name="limit">How long at most; <see cref="Limit"/> by default.</param>
    /// <exception cref="TimeoutException">It did not come true.</exception>
    public static Task UntilAsync(Func<bool> holds, string what, Func<string> state, TimeSpan? limit = null) =>
        UntilAsync(() => Task.FromResult(holds() ? null : state()), seen => seen is null, what, limit);

    /// <summary>Asks again and again until the answer holds.</summary>
    /// <param name="ask">What is asked.</param>
    /// <param name="holds">Which answer is waited for.</param>
    /// <param name="what">What that answer means.</param>
    /// <param name="limit">How long at most; <see cref="Limit"/> by default.</param>
    /// <param name="mayThrow">An exception counts as an answer that does not hold; else it ends the wait.</param>
    /// <returns>The answer that held.</returns>
    /// <exception cref="TimeoutException">None did.</exception>
    public static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> holds, string what, TimeSpan? limit = null, bool mayThrow = false)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            object? seen;
            try
            {
                var answer = await ask().For(what, () => "no answer", limit);
                if (holds(answer))
                    return answer;
                seen = answer;
            }
            catch (Exception e) when (mayThrow)
            {
                seen = e;
            }

            if (watch.Elapsed > (limit ?? Limit))
                throw InVain(limit, what, $"seen last: {seen}", seen as Exception);
            await Task.Delay(Pause);
        }
    }

    private static TimeoutException InVain(TimeSpan? limit, string what, string state, Exception? cause) =>
        new($"waited {(limit ?? Limit).TotalSeconds:0} s for: {what}; {state}", cause);
}
