using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DistTrain.Torch.Data.Examples;

/// <summary>
/// Examples that are runs of a text's tokens: where each begins, and how long it is. Each token's label is the one behind it; or some are hidden, and have
/// themselves for labels.
/// </summary>
/// <param name="text">The text.</param>
/// <param name="starts">Of each example its first token, in strides.</param>
/// <param name="stride">Tokens of one: where examples are equal parts of a text that is too long for the places of its tokens to be kept.</param>
/// <param name="lengths">Of each example its tokens; empty: all have the most.</param>
/// <param name="most">Most tokens of an example.</param>
/// <param name="padding">The token that stands behind an example where there is room for more.</param>
/// <param name="masks">What is hidden; null: nothing.</param>
internal sealed class TokenRuns(TokenText text, int[] starts, int stride, int[] lengths, int most, int padding, Masks? masks)
{
    /// <summary>Number of examples.</summary>
    public int Count => starts.Length;

    /// <summary>Examples may differ in length.</summary>
    public bool AreUneven => lengths.Length > 0;

    /// <summary>Tokens of an example.</summary>
    public int LengthOf(int index) => AreUneven ? lengths[index] : most;

    /// <summary>Examples may differ in the number of their labels.</summary>
    public bool HaveUnevenTargets => AreUneven || masks is { Vocabulary.HasSpecialText: true };

    /// <summary>Labels of an example.</summary>
    public int TargetsOf(int index)
    {
        if (masks is not { Vocabulary.HasSpecialText: true })
            return masks?.CountOf(LengthOf(index)) ?? LengthOf(index);
        var rented = ArrayPool<int>.Shared.Rent(LengthOf(index));
        var run = rented.AsSpan(0, LengthOf(index));
        text.Copy(StartOf(index), run);
        var count = masks.CountOf(run);
        ArrayPool<int>.Shared.Return(rented);
        return count;
    }

    /// <summary>What examples show in an epoch; itself where nothing is hidden.</summary>
    public TokenRuns At(int group, int epoch) =>
        masks is null ? this : new(text, starts, stride, lengths, most, padding, masks with { Turn = (group, epoch) });

    /// <summary>Writes an example's tokens, and padding behind them.</summary>
    public void CopyTokens(int index, Span<float> destination)
    {
        var rented = ArrayPool<int>.Shared.Rent(LengthOf(index));
        var run = rented.AsSpan(0, LengthOf(index));
        text.Copy(StartOf(index), run);
        for (var i = 0; i < run.Length; i++)
            destination[i] = run[i];
        destination[run.Length..].Fill(padding);
        masks?.Apply(index, run, destination, []);
        ArrayPool<int>.Shared.Return(rented);
    }

    /// <summary>Writes an example's labels; padding has none, and neither has what is not hidden.</summary>
    public void CopyLabels(int index, Span<long> destination)
    {
        var rented = ArrayPool<int>.Shared.Rent(LengthOf(index));
        var labels = rented.AsSpan(0, LengthOf(index));
        // What may be told of an example, of each of its tokens one.
        text.Copy(StartOf(index) + (masks is null ? 1 : 0), labels);
        destination.Fill(ExampleSet.NoLabel);
        if (masks is not null)
            masks.Apply(index, labels, [], destination);
        for (var i = 0; masks is null && i < labels.Length; i++)
            destination[i] = labels[i];
        ArrayPool<int>.Shared.Return(rented);
    }

    /// <summary>Counts what may be told of all examples, by token.</summary>
    public void CountLabels(int[] counts)
    {
        var labels = new int[most];
        for (var example = 0; example < Count; example++)
        {
            text.Copy(StartOf(example) + (masks is null ? 1 : 0), labels.AsSpan(0, LengthOf(example)));
            foreach (var token in labels.AsSpan(0, LengthOf(example)))
                counts[token]++;
        }
    }

    /// <summary>These examples alone, in this order.</summary>
    public TokenRuns Only(IReadOnlyList<int> indices) =>
        new(text, [.. indices.Select(index => starts[index])], stride, AreUneven ? [.. indices.Select(index => lengths[index])] : [], most, padding, masks);

    /// <summary>Adds all of it.</summary>
    public void AppendTo(IncrementalHash hash)
    {
        hash.AppendData(MemoryMarshal.AsBytes<int>(starts));
        hash.AppendData(MemoryMarshal.AsBytes<int>(lengths));
        text.AppendTo(hash);
    }

    private long StartOf(int index) => (long)starts[index] * stride;
}
