namespace DistTrain.Recipes.Documents;

/// <summary>
/// Finds the name that a user most likely meant. Names are compared by letters and digits alone, without case, so that
/// <c>micro_batch</c> is <c>microBatch</c>. Distance: insertions, deletions, replacements and swaps of neighbours
/// (optimal string alignment; Damerau 1964).
/// </summary>
internal static class NearestName
{
    private const int LongestName = 64;

    /// <summary>The nearest of <paramref name="names"/> to <paramref name="name"/>, or null when none is near.</summary>
    public static string? Of(string name, IReadOnlyList<string> names)
    {
        var wanted = Folded(name);
        if (wanted.Length is 0 or > LongestName)
            return null;

        var nearest = names.Select(n => (Name: n, Distance: Distance(wanted, Folded(n)))).DefaultIfEmpty().MinBy(p => p.Distance);
        if (nearest.Name is null)
            return null;
        var longer = Math.Max(wanted.Length, nearest.Name.Length);
        if (nearest.Distance < longer && nearest.Distance <= Math.Clamp(longer / 3, 1, 3))
            return nearest.Name;

        // A word too many or too few: batchSize for batch, norm for norms.
        return names.FirstOrDefault(n => IsBeginning(wanted, Folded(n)) || IsBeginning(Folded(n), wanted));
    }

    /// <summary>True when the two differ at most in case, dashes and underscores.</summary>
    public static bool Same(string a, string b) => Folded(a) == Folded(b);

    private static bool IsBeginning(string shorter, string longer) =>
        shorter.Length >= 3 && longer.StartsWith(shorter, StringComparison.Ordinal);

    private static string Folded(string name) =>
        string.Concat(name.Where(char.IsLetterOrDigit).Select(char.ToLowerInvariant));

    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }

                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(d[i - 1, j - 1] + cost, Math.Min(d[i - 1, j], d[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }
}
