using DistTrain.Torch.Data.Examples;
using static TorchSharp.torch;

namespace DistTrain.Torch.Passes;

/// <summary>Where the sequences of a pass have ended: behind the shorter ones stands padding, up to the length of the longest.</summary>
/// <param name="lengths">Of each sequence.</param>
internal sealed class Padding(IReadOnlyList<int> lengths)
{
    /// <summary>How long the longest of the examples is, and where others end before it; null where none does.</summary>
    public static (int Longest, Padding? Padding) Of(ExampleSet data, ReadOnlySpan<int> examples)
    {
        if (!data.IsUneven)
            return (data.LengthOf(0), null);
        var lengths = new int[examples.Length];
        for (var i = 0; i < examples.Length; i++)
            lengths[i] = data.LengthOf(examples[i]);
        var longest = lengths.Max();
        return (longest, lengths.All(length => length == longest) ? null : new Padding(lengths));
    }

    /// <summary>[n, 1, 1, t]: −∞ where a place is padding, which none may see, else 0.</summary>
    public Tensor Unseen()
    {
        var longest = lengths.Max();
        var unseen = new float[lengths.Count * longest];
        for (var i = 0; i < lengths.Count; i++)
            unseen.AsSpan((i * longest) + lengths[i], longest - lengths[i]).Fill(float.NegativeInfinity);
        return tensor(unseen, [lengths.Count, 1, 1, longest]);
    }

    /// <summary>[n, t, 1]: true where a place is padding.</summary>
    public Tensor Places()
    {
        var longest = lengths.Max();
        var places = new bool[lengths.Count * longest];
        for (var i = 0; i < lengths.Count; i++)
            places.AsSpan((i * longest) + lengths[i], longest - lengths[i]).Fill(true);
        return tensor(places, [lengths.Count, longest, 1]);
    }
}
