using DistTrain.Optimization.Landscape;
using DistTrain.Optimization.Parameters;

namespace DistTrain.Optimization.Tests.Landscape;

/// <summary>Several servers as threads that meet: each holds a run of buckets.</summary>
internal sealed class ServersInOneProcess(int servers) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Barrier _meeting = new(servers);
    private readonly object[] _brought = new object[servers];

    public IReadOnlyList<TResult> Run<TResult>(ParameterLayout layout, Func<VectorPart, BucketTotals, Func<ReadOnlyMemory<float>, float[]>, TResult> body)
    {
        var results = new TResult[servers];
        var threads = Enumerable.Range(0, servers).Select(server => new Thread(() =>
        {
            results[server] = body(
                new VectorPart(layout, layout.BucketsOf(server, servers)),
                (partials, quantities) => BucketOrder.Add(Meet(server, partials), quantities),
                part => Meet(server, part.ToArray()));
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return results;
    }

    public void Dispose() => _meeting.Dispose();

    /// <summary>What all have brought, one behind the other.</summary>
    private T[] Meet<T>(int server, T[] own)
    {
        _brought[server] = own;
        Assert.True(_meeting.SignalAndWait(Patience), "a server did not come");
        T[] all = [.. _brought.SelectMany(brought => (T[])brought)];
        Assert.True(_meeting.SignalAndWait(Patience), "a server did not leave");
        return all;
    }
}
