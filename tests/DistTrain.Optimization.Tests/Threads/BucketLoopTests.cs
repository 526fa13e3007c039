using CsCheck;
using DistTrain.Optimization.Threads;

namespace DistTrain.Optimization.Tests.Threads;

[Trait("Kind", "Fast")]
public class BucketLoopTests
{
    [Fact]
    public void Each_index_is_worked_on_once() =>
        Gen.Select(Gen.Int[1, 8], Gen.Int[0, 200].Array[1, 10]).Sample((threads, counts) =>
        {
            var loop = new BucketLoop(threads);
            foreach (var count in counts)
            {
                var times = new int[count];
                loop.Run(count, index => Interlocked.Increment(ref times[index]));
                Assert.All(times, t => Assert.Equal(1, t));
            }
        });

    [Fact]
    public void Callers_of_one_loop_take_turns()
    {
        var loop = new BucketLoop(3);
        var times = new int[4, 500];
        Parallel.For(0, 4, caller =>
        {
            for (var round = 0; round < 20; round++)
                loop.Run(500, index => Interlocked.Increment(ref times[caller, index]));
        });
        Assert.All(times.Cast<int>(), t => Assert.Equal(20, t));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void An_exception_reaches_the_caller_and_the_next_run_is_whole(int threads)
    {
        var loop = new BucketLoop(threads);
        for (var failing = 0; failing < 50; failing++)
        {
            var error = Assert.Throws<InvalidOperationException>(() => loop.Run(50, index =>
            {
                if (index == failing)
                    throw new InvalidOperationException($"index {index}");
            }));
            Assert.Equal($"index {failing}", error.Message);
            var times = new int[50];
            loop.Run(50, index => Interlocked.Increment(ref times[index]));
            Assert.All(times, t => Assert.Equal(1, t));
        }
    }

    /// <summary>No helper may still be in the body of a run that has returned.</summary>
    [Fact]
    public void A_run_returns_when_all_calls_have()
    {
        var loop = new BucketLoop(4);
        for (var round = 0; round < 200; round++)
        {
            var (inside, over) = (0, false);
            try
            {
                loop.Run(20, index =>
                {
                    Assert.False(Volatile.Read(ref over));
                    Interlocked.Increment(ref inside);
                    Thread.SpinWait(50);
                    Interlocked.Decrement(ref inside);
                    if (round % 2 == 1 && index == 10)
                        throw new InvalidOperationException("one of them");
                });
            }
            catch (InvalidOperationException)
            {
                // Every other round.
            }

            Volatile.Write(ref over, true);
            Assert.Equal(0, Volatile.Read(ref inside));
        }
    }

    /// <summary>The caller works too, so it ends also when no helper comes.</summary>
    [Fact]
    public void It_ends_when_the_pool_is_busy()
    {
        using var release = new ManualResetEventSlim();
        using var blocked = new CountdownEvent(4 * Environment.ProcessorCount);
        var queued = blocked.InitialCount;
        try
        {
            for (var i = 0; i < queued; i++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(_ =>
                {
                    release.Wait();
                    blocked.Signal();
                }, null);
            }

            var sum = 0;
            for (var round = 0; round < 100; round++)
                new BucketLoop(4).Run(10, index => Interlocked.Add(ref sum, index));
            Assert.Equal(4500, sum);
            Assert.Equal(queued, blocked.CurrentCount);
        }
        finally
        {
            release.Set();
            blocked.Wait();
        }
    }

    /// <summary>The pool itself allocates now and then, e.g. a thread; of twenty attempts some are undisturbed.</summary>
    [Fact]
    public void A_run_allocates_nothing()
    {
        var loop = new BucketLoop(2);
        var sums = new long[64];
        Action<int> body = index => sums[index]++;
        var least = long.MaxValue;
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var round = 0; round < 50; round++)
                loop.Run(64, body);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.All(sums, s => Assert.Equal(1000, s));
    }
}
