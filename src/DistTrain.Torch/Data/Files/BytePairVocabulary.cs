using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using DistTrain.Torch.Data.Examples;
using Microsoft.ML.Tokenizers;

namespace DistTrain.Torch.Data.Files;

/// <summary>
/// A vocabulary of byte pairs as GPT-2 has it (Radford et al. 2019, section 2.2): vocab.json, {token: number}, and merges.txt, two tokens a line, the pair that
/// is joined first before others. A token is written in letters that stand for bytes, 'Ġ' for a blank.
/// </summary>
internal sealed partial class BytePairVocabulary
{
    /// <summary>What stands between documents.</summary>
    public const string End = "<|endoftext|>";

    private readonly BpeTokenizer _tokenizer;

    private BytePairVocabulary(IReadOnlyList<string> tokens, IReadOnlyList<string> merges, string digest)
    {
        (Tokens, Digest) = (tokens, digest);
        EndNumber = tokens.Index().First(token => token.Item == End).Index;
        var special = new Dictionary<string, int> { [End] = EndNumber };
        _tokenizer = BpeTokenizer.Create(new BpeOptions(tokens.Index().Select(token => KeyValuePair.Create(token.Item, token.Index)))
        {
            Merges = merges,
            ByteLevel = true,
            SpecialTokens = special,
            PreTokenizer = new RegexPreTokenizer(Words(), special),
        });
    }

    /// <summary>In order of their numbers.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>The number of <see cref="End"/>.</summary>
    public int EndNumber { get; }

    /// <summary>SHA-256 of both files, vocab.json first, lower-case hex.</summary>
    public string Digest { get; }

    public IReadOnlyList<int> TokensOf(string text) => _tokenizer.EncodeToIds(text);

    /// <param name="vocabulary">Path of vocab.json.</param>
    /// <param name="merges">Path of merges.txt.</param>
    /// <param name="files">Opens them.</param>
    /// <exception cref="DatasetException">One of them has another form, or a byte, <see cref="End"/> or a joined token has no number.</exception>
    public static BytePairVocabulary Read(string vocabulary, string merges, DatasetFiles files)
    {
        var (numbers, order) = (TextFiles.Content(vocabulary, files), TextFiles.Content(merges, files));
        var tokens = TokensIn(vocabulary, TokenizedText.Of(vocabulary, numbers));
        var missing = Enumerable.Range(0, byte.MaxValue + 1).Select(value => (Token: Letter((byte)value).ToString(), Name: $"0x{value:X2}")).Append((Token: End, Name: End))
            .Where(needed => !tokens.Contains(needed.Token)).Select(needed => needed.Name).ToList();
        if (missing.Count > 0)
            throw new DatasetException($"{vocabulary}: expected a token for each of the 256 bytes, in the letters that GPT-2 writes them in, and {End}, found none for {string.Join(", ", missing.Take(5))}{(missing.Count > 5 ? $" and {missing.Count - 5} others" : "")}. Give the vocabulary of a GPT-2.");
        var joined = MergesIn(merges, TokenizedText.Of(merges, order), [.. tokens]);
        return new BytePairVocabulary(tokens, joined, Convert.ToHexStringLower(SHA256.HashData([.. numbers, .. order])));
    }

    /// <summary>GPT-2's words: endings after an apostrophe, letters, digits, or other characters, with a blank before them; and blanks.</summary>
    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.None, Timeout.Infinite)]
    private static partial Regex Words();

    /// <summary>Printable bytes stand for themselves, the others for the letters from U+0100 on, in order.</summary>
    private static char Letter(byte value)
    {
        static bool IsPrintable(int b) => b is (>= '!' and <= '~') or (>= '¡' and <= '¬') or (>= '®' and <= 'ÿ');
        return IsPrintable(value) ? (char)value : (char)(0x100 + Enumerable.Range(0, value).Count(b => !IsPrintable(b)));
    }

    private static string[] TokensIn(string path, string text)
    {
        List<(string Token, int Number)> entries;
        try
        {
            using var document = JsonDocument.Parse(text);
            entries = [.. document.RootElement.EnumerateObject().Select(entry => (entry.Name, entry.Value.GetInt32()))];
        }
        catch (Exception cause) when (cause is JsonException or InvalidOperationException or FormatException)
        {
            throw new DatasetException($"{path}: expected a JSON object of tokens and their numbers, {{\"a\": 0, …}}, found another form: {cause.Message.TrimEnd('.')}. Give the vocab.json of a GPT-2.", cause);
        }

        if (entries.GroupBy(entry => entry.Token).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new DatasetException($"{path}: expected each token once, found '{twice.Key}' again. Leave one of them out.");
        var tokens = new string[entries.Count];
        foreach (var (token, number) in entries)
        {
            if (number < 0 || number >= tokens.Length || tokens[number] is not null)
                throw new DatasetException($"{path}: expected each number from 0 to {tokens.Length - 1} once for {tokens.Length} tokens, found {number} for '{token}'{(number >= 0 && number < tokens.Length ? $" and for '{tokens[number]}'" : "")}. Number them one behind the other.");
            tokens[number] = token;
        }

        return tokens;
    }

    private static List<string> MergesIn(string path, string text, HashSet<string> tokens)
    {
        var merges = new List<string>();
        foreach (var (index, full) in text.TrimEnd('\r', '\n').Split('\n').Index())
        {
            var line = full.TrimEnd('\r');
            if (index == 0 && (line.Length == 0 || line.StartsWith("#version", StringComparison.Ordinal)))
                continue;
            if (line.Split(' ') is not [{ Length: > 0 } first, { Length: > 0 } second])
                throw DatasetException.At(path, $"line {index + 1}", "two tokens with a blank between them", $"'{line}'", "Give the merges.txt of a GPT-2.");
            if (((string[])[first, second, first + second]).FirstOrDefault(token => !tokens.Contains(token)) is { } unknown)
                throw DatasetException.At(path, $"line {index + 1}", "tokens of vocab.json that join to one of its tokens", $"'{unknown}', which is not there", "Give the two files of one vocabulary.");
            merges.Add(line);
        }

        return merges;
    }
}
