using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DistTrain.Torch.Data.Examples;

/// <summary>
/// Examples that are runs of a text's tokens: where each begins, and how long it is. Each token's label is the one behind it; or some are hidden, and have
/// themselves for labels.
/// </summary>
/// <param name="tokens">The text.</param>
/// <param name="starts">Of each example its first token.</param>
/// <param name="lengths">Of each example its tokens; empty: all have the context.</param>
/// <param name="context">Most tokens of an example.</param>
/// <param name="padding">The token that stands behind an example where there is room for more.</param>
/// <param name="masks">What is hidden; null: nothing.</param>
internal sealed class TokenRuns(ushort[] tokens, int[] starts, int[] lengths, int context, ushort padding, Masks? masks)
{
    /// <summary>Number of examples.</summary>
    public int Count => starts.Length;

    /// <summary>Examples may differ in length.</summary>
    public bool AreUneven => lengths.Length > 0;

    /// <summary>Tokens of an example.</summary>
    public int LengthOf(int index) => AreUneven ? lengths[index] : context;

    /// <summary>Labels of an example.</summary>
    public int TargetsOf(int index) => masks?.CountOf(LengthOf(index)) ?? LengthOf(index);

    /// <summary>What examples show in an epoch; itself where nothing is hidden.</summary>
    public TokenRuns At(int group, int epoch) =>
        masks is null ? this : new(tokens, starts, lengths, context, padding, masks with { Turn = (group, epoch) });

    /// <summary>Writes an example's tokens, and padding behind them.</summary>
    public void CopyTokens(int index, Span<float> destination)
    {
        var run = tokens.AsSpan(starts[index], LengthOf(index));
        for (var i = 0; i < run.Length; i++)
            destination[i] = run[i];
        destination[run.Length..].Fill(padding);
        masks?.Apply(index, run, destination, []);
    }

    /// <summary>Writes an example's labels; padding has none, and neither has what is not hidden.</summary>
    public void CopyLabels(int index, Span<long> destination)
    {
        var labels = LabelsOf(index);
        if (masks is not null)
        {
            destination.Fill(ExampleSet.NoLabel);
            masks.Apply(index, labels, [], destination);
            return;
        }

        for (var i = 0; i < labels.Length; i++)
            destination[i] = labels[i];
        destination[labels.Length..].Fill(ExampleSet.NoLabel);
    }

    /// <summary>What may be told of an example, of each of its tokens one.</summary>
    public ReadOnlySpan<ushort> LabelsOf(int index) => tokens.AsSpan(starts[index] + (masks is null ? 1 : 0), LengthOf(index));

    /// <summary>These examples alone, in this order.</summary>
    public TokenRuns Only(IReadOnlyList<int> indices) =>
        new(tokens, [.. indices.Select(index => starts[index])], AreUneven ? [.. indices.Select(index => lengths[index])] : [], context, padding, masks);

    /// <summary>Adds all of it.</summary>
    public void AppendTo(IncrementalHash hash)
    {
        hash.AppendData(MemoryMarshal.AsBytes<int>(starts));
        hash.AppendData(MemoryMarshal.AsBytes<int>(lengths));
        hash.AppendData(MemoryMarshal.AsBytes<ushort>(tokens));
    }
}
