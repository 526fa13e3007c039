namespace DistTrain.Cli.Tests.Doubles;

/// <summary>Waits that say what they waited for.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task<T> For<T>(this Task<T> task, string what, Func<string>? state = null)
    {
        await ((Task)task).For(what, state);
        return await task;
    }

    public static async Task For(this Task task, string what, Func<string>? state = null)
    {
        try
        {
            await task.WaitAsync(Limit);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            Assert.Fail($"waited {Limit.TotalSeconds:0} s for {what}; {state?.Invoke() ?? "no state"}");
        }
    }
}
