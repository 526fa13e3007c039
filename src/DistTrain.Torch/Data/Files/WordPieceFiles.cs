using System.Reflection;
using System.Text;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;
using Microsoft.ML.Tokenizers;

namespace DistTrain.Torch.Data.Files;

/// <summary>
/// Text as parts of words: a folder with train.txt and test.txt in UTF-8, and vocab.txt as BERT has it, a token a line, numbered from 0. A line of text is a
/// document: [CLS], its tokens and [SEP], one example (padded); or documents with [SEP] behind each lie one behind the other (packed). Text is brought to
/// lower case and loses combining marks where the vocabulary has no upper-case letter. A line without a token is left out.
/// </summary>
internal static class WordPieceFiles
{
    private const string VocabularyName = "vocab.txt";

    private static readonly string[] Special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    /// <summary>The library that makes the tokens: another version may make others.</summary>
    private static readonly string Library =
        $"{typeof(BertTokenizer).Assembly.GetName().Name} {typeof(BertTokenizer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]}";

    /// <summary>The full paths of the texts and the vocabulary.</summary>
    /// <exception cref="DatasetException">One is missing.</exception>
    public static IReadOnlyList<string> FilesIn(string folder) => [.. TextFiles.FilesIn(folder, VocabularyName)];

    /// <param name="paths">What <see cref="FilesIn"/> found.</param>
    /// <param name="recipe">Says what an example is.</param>
    /// <param name="files">Opens them.</param>
    /// <returns>Both sets, and what the tokens stand for, in order.</returns>
    /// <exception cref="DatasetException">The vocabulary is another one than the job says, or lacks a token; a text is no UTF-8, too short or has a line that is too long.</exception>
    public static (ExampleSet Train, ExampleSet Test, Vocabulary Vocabulary) Read(IReadOnlyList<string> paths, DatasetRecipe recipe, DatasetFiles files)
    {
        var (tokens, tokenizer) = Tokenizer(paths[2], recipe, files);
        var vocabulary = Vocabulary.OfTokenizer(
            tokens, Library, tokenizer.PaddingTokenId, tokenizer.MaskingTokenId, tokenizer.ClassificationTokenId, tokenizer.SeparatorTokenId);
        return (SetOf(paths[0]), SetOf(paths[1]), vocabulary);

        ExampleSet SetOf(string path)
        {
            var lines = Lines(path, tokenizer, files);
            return recipe.Documents == DocumentLayouts.Padded ? Padded(path, lines, tokenizer, vocabulary, recipe) : Packed(path, lines, tokenizer, vocabulary, recipe);
        }
    }

    private static (IReadOnlyList<string> Tokens, BertTokenizer Tokenizer) Tokenizer(string path, DatasetRecipe recipe, DatasetFiles files)
    {
        var bytes = TextFiles.Content(path, files);
        var digest = files.Digests[files.NameOf(path)];
        if (recipe.VocabularySha256 is { } wanted && wanted != digest)
            throw new DatasetException($"{path}: expected SHA-256 {wanted}, as dataset.vocabularySha256 says, found {digest}. Put that vocabulary there, or correct or leave out the key.");
        List<string> tokens = [.. Encoding.UTF8.GetString(bytes).TrimEnd('\r', '\n').Split('\n').Select(line => line.TrimEnd('\r'))];
        var missing = Special.Except(tokens).ToList();
        if (missing.Count > 0)
            throw new DatasetException($"{path}: expected a token a line, among them {string.Join(", ", Special)}, found none called {string.Join(", ", missing)}. Give the vocabulary of a BERT.");
        if (tokens.GroupBy(token => token).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw DatasetException.At(path, $"line {tokens.LastIndexOf(twice.Key) + 1}", "a token that no other line has", $"'{twice.Key}' again", "Leave one of them out.");
        var isLower = !tokens.Except(Special).Any(token => token.Any(char.IsUpper));
        var options = new BertOptions { LowerCaseBeforeTokenization = isLower, RemoveNonSpacingMarks = isLower };
        return (tokens, BertTokenizer.Create(new MemoryStream(bytes), options));
    }

    /// <summary>The tokens of each line that has one, and the line's number from 1.</summary>
    private static List<(int Line, IReadOnlyList<int> Tokens)> Lines(string path, BertTokenizer tokenizer, DatasetFiles files)
    {
        string text;
        try
        {
            text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(TextFiles.Content(path, files)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException cause)
        {
            throw DatasetException.At(path, $"byte {cause.Index}", "UTF-8", string.Join(' ', (cause.BytesUnknown ?? []).Select(b => $"0x{b:X2}")), "Save the file as UTF-8.", cause);
        }

        return [.. text.Split('\n').Index()
            .Select(line => (line.Index + 1, tokenizer.EncodeToIds(line.Item, addSpecialTokens: false)))
            .Where(line => line.Item2.Count > 0)];
    }

    private static ExampleSet Packed(string path, List<(int Line, IReadOnlyList<int> Tokens)> lines, BertTokenizer tokenizer, Vocabulary vocabulary, DatasetRecipe recipe)
    {
        int[] tokens = [.. lines.SelectMany(line => line.Tokens.Append(tokenizer.SeparatorTokenId))];
        var least = recipe.TokensOfExample + (recipe.Masking is null ? 1 : 0);
        return tokens.Length >= least
            ? ExampleSet.OfText(recipe.Context, vocabulary, TokenText.Of(tokens), recipe.Masking, recipe.Length)
            : throw new DatasetException($"{path}: expected at least {least} tokens, as {recipe.KeyOfLength} says, found {tokens.Length}. Give more text, or lower {recipe.KeyOfLength}.");
    }

    /// <summary>Where next tokens are told, [SEP] is the last label and no token that others are told from.</summary>
    private static ExampleSet Padded(string path, List<(int Line, IReadOnlyList<int> Tokens)> lines, BertTokenizer tokenizer, Vocabulary vocabulary, DatasetRecipe recipe)
    {
        if (lines.Count == 0)
            throw new DatasetException($"{path}: expected a line with a token, as dataset.documents: padded makes an example of each, found none. Give more text.");
        var added = recipe.Masking is null ? 1 : 2;
        var tooLong = lines.FindAll(line => line.Tokens.Count + added > recipe.Context);
        if (tooLong.Count > 0)
        {
            var (line, longest) = tooLong.MaxBy(one => one.Tokens.Count);
            throw new DatasetException(
                $"{path}: expected lines of at most {recipe.Context - added} tokens, which with [CLS]{(added > 1 ? " and [SEP]" : "")} are dataset.context, found {tooLong.Count} that are longer; the longest is line {line} with {longest.Count}. Raise dataset.context to {longest.Count + added}, or split them.");
        }

        int[] lengths = [.. lines.Select(line => line.Tokens.Count + added)];
        var starts = new int[lines.Count];
        for (var i = 1; i < starts.Length; i++)
            starts[i] = starts[i - 1] + lines[i - 1].Tokens.Count + 2;
        int[] tokens = [.. lines.SelectMany(line => line.Tokens.Prepend(tokenizer.ClassificationTokenId).Append(tokenizer.SeparatorTokenId))];
        return ExampleSet.OfRuns(recipe.Context, vocabulary, TokenText.Of(tokens), starts, lengths, recipe.Masking);
    }
}
