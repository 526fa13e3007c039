namespace DistTrain.Page.Data;

/// <summary>
/// A sequence of any length in few buckets of equally many entries each. When there are too many, neighbours become one: the width doubles. What a bucket
/// keeps is the same as if its width had been known beforehand, so a run may be read once, and followed while it grows.
/// </summary>
/// <typeparam name="T">What a bucket keeps of its entries.</typeparam>
/// <param name="most">There are fewer buckets than this, even; once it was reached, at least half as many.</param>
/// <param name="merge">Of two neighbours, the earlier one first; both may be changed and are not used afterwards.</param>
internal sealed class Buckets<T>(int most, Func<T, T, T> merge)
    where T : class
{
    private readonly List<T> _full = [];
    private T? _open;
    private long _inOpen;

    /// <summary>Entries of a bucket; the last one may have fewer.</summary>
    public long Width { get; private set; } = 1;

    /// <summary>In order.</summary>
    public IEnumerable<T> All => _open is null ? _full : _full.Append(_open);

    /// <summary>The last bucket that no further entry changes, while the width stays; null: there is none.</summary>
    public T? LastFull => _full.Count == 0 ? null : _full[^1];

    /// <summary>The next entry, as a bucket of its own.</summary>
    public void Add(T entry)
    {
        _open = _open is null ? entry : merge(_open, entry);
        if (++_inOpen < Width)
            return;
        _full.Add(_open);
        (_open, _inOpen) = (null, 0);
        if (_full.Count >= most)
            Halve();
    }

    private void Halve()
    {
        for (var i = 0; i < _full.Count / 2; i++)
            _full[i] = merge(_full[2 * i], _full[(2 * i) + 1]);
        _full.RemoveRange(_full.Count / 2, _full.Count - (_full.Count / 2));
        Width *= 2;
    }
}
