using DistTrain.Optimization.Normalization;
using DistTrain.Torch.Passes;

namespace DistTrain.Torch.Tests.Models.Normalization;

/// <summary>So many ranks, a thread each, that meet in memory instead of at a server.</summary>
public sealed class RanksInOneProcess(int ranks) : IDisposable
{
    private readonly Barrier _barrier = new(ranks);
    private readonly BatchMoments?[] _moments = new BatchMoments?[ranks];
    private readonly double[]?[] _sums = new double[]?[ranks];
    private readonly CancellationTokenSource _given = new();

    /// <summary>Runs every rank's part and returns the results by rank; the first failure is thrown.</summary>
    public IReadOnlyList<T> Run<T>(Func<int, IMomentExchange, T> part)
    {
        var results = new T[ranks];
        var failures = new Exception?[ranks];
        var threads = Enumerable.Range(0, ranks).Select(rank => new Thread(() =>
        {
            try
            {
                results[rank] = part(rank, new Exchange(this, rank));
            }
            catch (Exception e)
            {
                failures[rank] = e;
                _given.Cancel();
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        var failure = failures.FirstOrDefault(f => f is not (null or OperationCanceledException)) ?? failures.FirstOrDefault(f => f is not null);
        return failure is null ? results : throw failure;
    }

    public void Dispose()
    {
        _barrier.Dispose();
        _given.Dispose();
    }

    /// <summary>All shares, once all ranks have brought theirs; nobody brings the next before everybody has these.</summary>
    private IReadOnlyList<T> Meet<T>(T?[] shares, int rank, T own)
    {
        shares[rank] = own;
        _barrier.SignalAndWait(_given.Token);
        IReadOnlyList<T> all = [.. shares.Select(s => s!)];
        _barrier.SignalAndWait(_given.Token);
        return all;
    }

    private sealed class Exchange(RanksInOneProcess ranks, int rank) : IMomentExchange
    {
        public BatchMoments Merge(int layer, BatchMoments own) => BatchMoments.Merge(ranks.Meet(ranks._moments, rank, own));

        public double[] Sum(int layer, double[] own) => BatchMoments.Sum(ranks.Meet(ranks._sums, rank, own));
    }
}
