using System.Globalization;

namespace DistTrain.Benchmarks.Sides;

/// <summary>
/// The most that a process and all that descend from it have had at a time, looked at twice a second: what is theirs alone, and what they share once, which
/// is as much as the one that shares most has (a server shares with all its silos).
/// </summary>
internal sealed class PeakMemory : IAsyncDisposable
{
    private readonly PeriodicTimer _timer = new(TimeSpan.FromMilliseconds(500));
    private readonly Task _watching;
    private long _kibibytes;

    public PeakMemory(int root) => _watching = WatchAsync(root);

    public double GiB => Interlocked.Read(ref _kibibytes) / (1024.0 * 1024);

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _watching;
    }

    private async Task WatchAsync(int root)
    {
        while (await _timer.WaitForNextTickAsync())
        {
            List<(long Own, long Shared)> sizes = [.. ProcessTree.Of(root).Select(SizeOf)];
            Interlocked.Exchange(ref _kibibytes, Math.Max(_kibibytes, sizes.Sum(size => size.Own) + sizes.Max(size => size.Shared)));
        }
    }

    /// <summary>In KiB; of a process that has ended meanwhile nothing.</summary>
    private static (long Own, long Shared) SizeOf(int process)
    {
        try
        {
            var lines = File.ReadAllLines($"/proc/{process}/status");
            long Of(string name) => lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
                ? long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) : 0;
            return (Of("RssAnon:"), Of("RssShmem:"));
        }
        catch (IOException)
        {
            return default;
        }
    }
}
