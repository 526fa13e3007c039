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

    /// <summary>Tokens that stand for no text, ascending: they are neither told nor put in the place of others.</summary>
    public IReadOnlyList<int> Special { get; private init; } = [];

    /// <summary>Special tokens stand in the text itself, where it begins and ends.</summary>
    public bool HasSpecialText { get; private init; }

    /// <summary>Tokens stand for their numbers: what they were made of is not known here.</summary>
    public bool AreNumbers { get; private init; }

    /// <summary>What made them of a text, library and version; null: this program did.</summary>
    public string? Tokenizer { get; private init; }

    /// <summary>Of tokens of which only the number is known.</summary>
    /// <param name="count">How many different ones there are.</param>
    public static Vocabulary OfNumbers(int count) => new([.. Enumerable.Range(0, count).Select(number => $"{number}")]) { AreNumbers = true };

    /// <summary>Of another library's tokenizer, with special tokens of its own.</summary>
    /// <param name="tokens">What tokens stand for.</param>
    /// <param name="tokenizer">Library and version.</param>
    /// <param name="padding">Its token of padding.</param>
    /// <param name="mask">Its mask.</param>
    /// <param name="others">Its other tokens that stand for no text.</param>
    public static Vocabulary OfTokenizer(IReadOnlyList<string> tokens, string tokenizer, int padding, int mask, params int[] others) =>
        new(tokens) { Tokenizer = tokenizer, Padding = padding, Mask = mask, Special = [.. others.Append(padding).Append(mask).Order()], HasSpecialText = true };

    /// <summary>Of another library's tokenizer that has neither padding nor a mask.</summary>
    /// <param name="tokens">What tokens stand for.</param>
    /// <param name="tokenizer">Library and version, and what else decides which tokens it makes.</param>
    /// <param name="end">Its token between documents.</param>
    public static Vocabulary OfTokenizer(IReadOnlyList<string> tokens, string tokenizer, int end) => new(tokens) { Tokenizer = tokenizer, Special = [end], HasSpecialText = true };

    /// <summary>Tokens that are not special.</summary>
    public int OrdinaryCount => Tokens.Count - Special.Count;

    /// <summary>The same with numbers of their own for padding and mask, behind the others.</summary>
    public Vocabulary WithMask() => this with { Tokens = [.. Tokens, "[PAD]", "[MASK]"], Padding = Tokens.Count, Mask = Tokens.Count + 1, Special = [.. Special, Tokens.Count, Tokens.Count + 1] };

    /// <summary>The so-many-th token that is not special.</summary>
    public int Ordinary(int index)
    {
        foreach (var special in Special)
            index += index >= special ? 1 : 0;
        return index;
    }

    /// <summary>How many of these tokens are not special.</summary>
    public int OrdinaryIn(ReadOnlySpan<int> run)
    {
        if (!HasSpecialText)
            return run.Length;
        var count = 0;
        foreach (var token in run)
            count += IsSpecial(token) ? 0 : 1;
        return count;
    }

    /// <summary>It stands for no text.</summary>
    public bool IsSpecial(int token)
    {
        foreach (var special in Special)
        {
            if (special == token)
                return true;
        }

        return false;
    }

    /// <summary>Adds what tokens stand for.</summary>
    internal void AppendTo(IncrementalHash hash)
    {
        if (Tokenizer is not null)
            hash.AppendData(Encoding.UTF8.GetBytes(Tokenizer));
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
