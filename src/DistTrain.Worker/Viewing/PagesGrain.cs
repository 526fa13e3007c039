using DistTrain.Worker.Jobs;

namespace DistTrain.Worker.Viewing;

/// <summary>Knows the pages of the last seconds.</summary>
internal sealed class PagesGrain(JobClock clock) : Grain, IPagesGrain
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, TimeSpan> _pages = [];

    public Task<IReadOnlyList<string>> TellAsync(string address)
    {
        _pages[address] = clock.Now;
        foreach (var gone in _pages.Where(page => clock.Now - page.Value >= Patience).Select(page => page.Key).ToList())
            _pages.Remove(gone);
        return Task.FromResult<IReadOnlyList<string>>([.. _pages.Keys.Order(StringComparer.Ordinal)]);
    }
}
