using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace DistTrain.Torch.Data.Examples;

/// <summary>What each token of a text stands for, in the order of their numbers.</summary>
/// <param name="Tokens">Text; of tokens that stand for none a name in square brackets.</param>
public sealed record Vocabulary(IReadOnlyList<string> Tokens)
{
    /// <summary>The token that stands in place of a hidden one; null: none is hidden.</summary>
    public int? Mask { get; private init; }

    /// <summary>The token that stands where there is none; token 0 where it has no number of its own, as nothing depends on it.</summary>
    public int Padding { get; private init; }

    /// <summary>Tokens stand for their numbers: what they were made of is not known here.</summary>
    public bool AreNumbers { get; private init; }

    /// <summary>Of tokens of which only the number is known.</summary>
    /// <param name="count">How many different ones there are.</param>
    public static Vocabulary OfNumbers(int count) => new([.. Enumerable.Range(0, count).Select(number => $"{number}")]) { AreNumbers = true };

    /// <summary>Tokens but padding and mask.</summary>
    public int OrdinaryCount => Mask is null ? Tokens.Count : Tokens.Count - 2;

    /// <summary>The same with numbers of their own for padding and mask, behind the others.</summary>
    public Vocabulary WithMask() => this with { Tokens = [.. Tokens, "[PAD]", "[MASK]"], Padding = Tokens.Count, Mask = Tokens.Count + 1 };

    /// <summary>The so-many-th token but padding and mask.</summary>
    public int Ordinary(int index)
    {
        if (Mask is { } mask)
        {
            index += index >= Math.Min(mask, Padding) ? 1 : 0;
            index += index >= Math.Max(mask, Padding) ? 1 : 0;
        }

        return index;
    }

    /// <summary>Adds what tokens stand for.</summary>
    internal void AppendTo(IncrementalHash hash)
    {
        foreach (var token in Tokens)
        {
            // A character is its number; whatever is more has its length before it, as no character's number is negative.
            var bytes = Encoding.UTF8.GetBytes(token);
            var isCharacter = Rune.DecodeFromUtf8(bytes, out var character, out var length) == System.Buffers.OperationStatus.Done && length == bytes.Length;
            ReadOnlySpan<int> head = [isCharacter ? character.Value : -1 - bytes.Length];
            hash.AppendData(MemoryMarshal.AsBytes(head));
            if (!isCharacter)
                hash.AppendData(bytes);
        }
    }
}
