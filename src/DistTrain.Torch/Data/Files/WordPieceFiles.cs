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
        var (first, last) = (tokenizer.ClassificationTokenId, tokenizer.SeparatorTokenId);
        var vocabulary = Vocabulary.OfTokenizer(tokens, TokenizedText.Library, tokenizer.PaddingTokenId, tokenizer.MaskingTokenId, first, last);
        return (SetOf(paths[0]), SetOf(paths[1]), vocabulary);

        ExampleSet SetOf(string path)
        {
            var lines = TokenizedText.Lines(TokenizedText.Of(path, files), line => tokenizer.EncodeToIds(line, addSpecialTokens: false));
            return recipe.Documents == DocumentLayouts.Padded
                ? TokenizedText.Padded(path, lines, first, last, vocabulary, recipe)
                : TokenizedText.Packed(path, [.. lines.SelectMany(line => line.Tokens.Append(last))], vocabulary, recipe);
        }
    }

    private static (IReadOnlyList<string> Tokens, BertTokenizer Tokenizer) Tokenizer(string path, DatasetRecipe recipe, DatasetFiles files)
    {
        var bytes = TextFiles.Content(path, files);
        TokenizedText.RequireVocabulary(files.Digests[files.NameOf(path)], path, recipe);
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
}
