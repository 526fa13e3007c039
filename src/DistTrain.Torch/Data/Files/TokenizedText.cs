using System.Reflection;
using System.Text;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;
using Microsoft.ML.Tokenizers;

namespace DistTrain.Torch.Data.Files;

/// <summary>Examples of a text whose tokens a tokenizer makes.</summary>
internal static class TokenizedText
{
    /// <summary>The library that makes the tokens: another version may make others.</summary>
    public static string Library { get; } =
        $"{typeof(Tokenizer).Assembly.GetName().Name} {typeof(Tokenizer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]}";

    /// <summary>All of a file in UTF-8, without a mark of its order of bytes.</summary>
    /// <exception cref="DatasetException">It can't be read, or is no UTF-8.</exception>
    public static string Of(string path, DatasetFiles files) => Of(path, TextFiles.Content(path, files));

    /// <inheritdoc cref="Of(string, DatasetFiles)"/>
    public static string Of(string path, byte[] content)
    {
        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(content).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException cause)
        {
            throw DatasetException.At(path, $"byte {cause.Index}", "UTF-8", string.Join(' ', (cause.BytesUnknown ?? []).Select(b => $"0x{b:X2}")), "Save the file as UTF-8.", cause);
        }
    }

    /// <summary>The tokens of each line that has one, and the line's number from 1.</summary>
    public static List<(int Line, IReadOnlyList<int> Tokens)> Lines(string text, Func<string, IReadOnlyList<int>> tokensOf) =>
        [.. text.Split('\n').Index().Select(line => (line.Index + 1, tokensOf(line.Item.TrimEnd('\r')))).Where(line => line.Item2.Count > 0)];

    /// <summary>Examples are as many tokens as the job says, one after the other.</summary>
    /// <exception cref="DatasetException">There are too few for one.</exception>
    public static ExampleSet Packed(string path, int[] tokens, Vocabulary vocabulary, DatasetRecipe recipe)
    {
        var least = recipe.TokensOfExample + (recipe.Masking is null ? 1 : 0);
        return tokens.Length >= least
            ? ExampleSet.OfText(recipe.Context, vocabulary, TokenText.Of(tokens), recipe.Masking, recipe.Length)
            : throw new DatasetException($"{path}: expected at least {least} tokens, as {recipe.KeyOfLength} says, found {tokens.Length}. Give more text, or lower {recipe.KeyOfLength}.");
    }

    /// <summary>Each line is an example between two tokens. Where next ones are told, the second is the last label and no token that others are told from.</summary>
    /// <param name="path">Of the text.</param>
    /// <param name="lines">Its lines.</param>
    /// <param name="first">The token before a line.</param>
    /// <param name="last">The one behind it.</param>
    /// <param name="vocabulary">What tokens stand for.</param>
    /// <param name="recipe">Says how long an example may be.</param>
    /// <exception cref="DatasetException">There is no line, or one is too long.</exception>
    public static ExampleSet Padded(string path, List<(int Line, IReadOnlyList<int> Tokens)> lines, int first, int last, Vocabulary vocabulary, DatasetRecipe recipe)
    {
        if (lines.Count == 0)
            throw new DatasetException($"{path}: expected a line with a token, as dataset.documents: padded makes an example of each, found none. Give more text.");
        string[] around = recipe.Masking is null ? [vocabulary.Tokens[first]] : [vocabulary.Tokens[first], vocabulary.Tokens[last]];
        var tooLong = lines.FindAll(line => line.Tokens.Count + around.Length > recipe.Context);
        if (tooLong.Count > 0)
        {
            var (line, longest) = tooLong.MaxBy(one => one.Tokens.Count);
            throw new DatasetException(
                $"{path}: expected lines of at most {recipe.Context - around.Length} tokens, which with {string.Join(" and ", around)} are dataset.context, found {tooLong.Count} that are longer; the longest is line {line} with {longest.Count}. Raise dataset.context to {longest.Count + around.Length}, or split them.");
        }

        int[] lengths = [.. lines.Select(line => line.Tokens.Count + around.Length)];
        var starts = new int[lines.Count];
        for (var i = 1; i < starts.Length; i++)
            starts[i] = starts[i - 1] + lines[i - 1].Tokens.Count + 2;
        int[] tokens = [.. lines.SelectMany(line => line.Tokens.Prepend(first).Append(last))];
        return ExampleSet.OfRuns(recipe.Context, vocabulary, TokenText.Of(tokens), starts, lengths, recipe.Masking);
    }

    /// <summary>Of the files that a vocabulary lies in, one behind the other, in lower-case hex.</summary>
    /// <param name="digest">What it is.</param>
    /// <param name="path">What is named as not fitting.</param>
    /// <param name="recipe">Says what it has to be, or not.</param>
    /// <exception cref="DatasetException">It is another than the job says.</exception>
    public static void RequireVocabulary(string digest, string path, DatasetRecipe recipe)
    {
        if (recipe.VocabularySha256 is { } wanted && wanted != digest)
            throw new DatasetException($"{path}: expected SHA-256 {wanted}, as dataset.vocabularySha256 says, found {digest}. Put that vocabulary there, or correct or leave out the key.");
    }
}
