using System.Runtime.ExceptionServices;

namespace DistTrain.Optimization.Threads;

/// <summary>
/// A parallel loop over buckets on the thread pool, without an allocation: the caller works too, and waits only for helpers that have begun.
/// Each index is worked on once, by one thread; who gets which changes no result.
/// </summary>
/// <param name="threads">Most threads at work, the caller's included.</param>
public sealed class BucketLoop(int threads) : IThreadPoolWorkItem
{
    private readonly Lock _oneAtATime = new();
    private readonly object _gate = new();
    private Action<int>? _body;
    private int _count;
    private int _next;
    private int _active;
    private Exception? _fault;

    /// <summary>Calls <paramref name="body"/> with 0..<paramref name="count"/> − 1 and returns when all calls have.</summary>
    public void Run(int count, Action<int> body)
    {
        lock (_oneAtATime)
        {
            lock (_gate)
                (_body, _count, _next, _fault) = (body, count, 0, null);
            for (var helper = Math.Min(threads, count) - 1; helper > 0; helper--)
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            Work(body, count);
            lock (_gate)
            {
                // A helper that comes later finds no body.
                _body = null;
                while (_active > 0)
                    Monitor.Wait(_gate);
            }

            if (_fault is { } fault)
                ExceptionDispatchInfo.Throw(fault);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        Action<int>? body;
        int count;
        lock (_gate)
        {
            (body, count) = (_body, _count);
            if (body is null)
                return;
            _active++;
        }

        Work(body, count);
        lock (_gate)
        {
            _active--;
            Monitor.PulseAll(_gate);
        }
    }

    private void Work(Action<int> body, int count)
    {
        try
        {
            for (var index = Interlocked.Increment(ref _next) - 1; index < count; index = Interlocked.Increment(ref _next) - 1)
                body(index);
        }
        catch (Exception e)
        {
            // Kept for the caller; the other threads stop at their next index.
            Interlocked.CompareExchange(ref _fault, e, null);
            Volatile.Write(ref _next, count);
        }
    }
}
