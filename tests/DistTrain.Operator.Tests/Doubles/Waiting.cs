using System.Diagnostics;

namespace DistTrain.Operator.Tests.Doubles;

/// <summary>Waits for what somebody else does, and says what it waited for.</summary>
internal static class Waiting
{
    /// <summary>Far beyond what anything here takes, also on a busy machine.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task<T> For<T>(this Task<T> task, string what, Func<string> state)
    {
        try
        {
            return await task.WaitAsync(Limit);
        }
        catch (TimeoutException e) when (!task.IsCompleted)
        {
            throw new TimeoutException($"waited {Limit.TotalSeconds:0} s for {what}; {state()}", e);
        }
    }

    /// <summary>Looks again and again; for what gives no sign of itself.</summary>
    public static async Task UntilAsync(Func<bool> holds, string what, Func<string> state)
    {
        var begin = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(begin.Elapsed < Limit, $"waited {Limit.TotalSeconds:0} s for {what}; {state()}");
            await Task.Delay(20);
        }
    }

    /// <summary>The same for what has to be asked.</summary>
    public static async Task EventuallyAsync(Func<Task<bool>> holds, string what)
    {
        var begin = Stopwatch.StartNew();
        while (!await holds())
            Assert.True(begin.Elapsed < Limit, $"waited {Limit.TotalSeconds:0} s for {what}");
    }
}
