using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Data.Files;

/// <summary>
/// Text as byte pairs: a folder with train.txt and test.txt in UTF-8, and a vocabulary as GPT-2 has it (<see cref="BytePairVocabulary"/>). Packed, the text is
/// taken as it stands, line ends too, and <c>&lt;|endoftext|&gt;</c> in it is that token; padded, a line is a document between two of them, and a line without
/// a token is left out.
/// </summary>
internal static class BytePairFiles
{
    /// <summary>The full paths of the texts and the vocabulary's files.</summary>
    /// <exception cref="DatasetException">One is missing.</exception>
    public static IReadOnlyList<string> FilesIn(string folder) => TextFiles.FilesIn(folder, "vocab.json", "merges.txt");

    /// <param name="paths">What <see cref="FilesIn"/> found.</param>
    /// <param name="recipe">Says what an example is.</param>
    /// <param name="files">Opens them.</param>
    /// <returns>Both sets, and what the tokens stand for, in order.</returns>
    /// <exception cref="DatasetException">The vocabulary is none, or another one than the job says; a text is no UTF-8, too short or has a line that is too long.</exception>
    public static (ExampleSet Train, ExampleSet Test, Vocabulary Vocabulary) Read(IReadOnlyList<string> paths, DatasetRecipe recipe, DatasetFiles files)
    {
        var pairs = BytePairVocabulary.Read(paths[2], paths[3], files);
        TokenizedText.RequireVocabulary(pairs.Digest, $"{paths[2]} and {paths[3]}", recipe);
        var vocabulary = Vocabulary.OfTokenizer(pairs.Tokens, $"{TokenizedText.Library}, {pairs.Digest}", pairs.EndNumber);
        if (recipe.Masking is not null)
            vocabulary = vocabulary.WithMask();
        return (SetOf(paths[0]), SetOf(paths[1]), vocabulary);

        ExampleSet SetOf(string path)
        {
            var text = TokenizedText.Of(path, files);
            return recipe.Documents == DocumentLayouts.Padded
                ? TokenizedText.Padded(path, TokenizedText.Lines(text, pairs.TokensOf), pairs.EndNumber, pairs.EndNumber, vocabulary, recipe)
                : TokenizedText.Packed(path, [.. pairs.TokensOf(text)], vocabulary, recipe);
        }
    }
}
