using System.Text;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Data.Files;

/// <summary>
/// Text: a folder with train.txt and test.txt. A token is a character (a Unicode scalar value, in UTF-8), and the vocabulary is those of train.txt in the order
/// of their code points; or a byte, of 256. An example is as many tokens as the job says, one after the other, without gaps; or a line
/// (<see cref="TextLines"/>).
/// </summary>
internal static class TextFiles
{
    /// <summary>Tokens are kept in 16 bits.</summary>
    private const int MostTokens = ushort.MaxValue + 1;

    private static readonly string[] Names = ["train.txt", "test.txt"];

    /// <summary>The full paths of both files, and of others that belong to them.</summary>
    /// <exception cref="DatasetException">One is missing.</exception>
    public static IReadOnlyList<string> FilesIn(string folder, params string[] others)
    {
        string[] names = [.. Names, .. others];
        var missing = Array.FindAll(names, name => !File.Exists(Path.Combine(folder, name)));
        return missing.Length == 0 ? [.. names.Select(name => Path.Combine(folder, name))] : throw DatasetException.Missing(folder, missing, $"Put {(others.Length > 0 ? "all" : "both")} files there, or correct dataset.path.");
    }

    /// <param name="paths">What <see cref="FilesIn"/> found.</param>
    /// <param name="recipe">Says what an example is.</param>
    /// <param name="files">Opens them.</param>
    /// <returns>Both sets, and what the tokens stand for, in order.</returns>
    /// <exception cref="DatasetException">
    /// A file is no UTF-8, too short or has a line that is too long, or test.txt has a character that train.txt has not.
    /// </exception>
    public static (ExampleSet Train, ExampleSet Test, Vocabulary Vocabulary) Read(IReadOnlyList<string> paths, DatasetRecipe recipe, DatasetFiles files)
    {
        var areBytes = recipe.Tokens == TokenKinds.Bytes;
        var (train, test) = (areBytes ? Bytes(paths[0], files) : Characters(paths[0], files), areBytes ? Bytes(paths[1], files) : Characters(paths[1], files));
        var (trainLines, testLines) = recipe.Documents == DocumentLayouts.Padded ? (TextLines.Of(paths[0], train, recipe), TextLines.Of(paths[1], test, recipe)) : (null, null);
        List<int> numbers = areBytes ? [.. Enumerable.Range(0, byte.MaxValue + 1)] : [.. new HashSet<int>(trainLines?.Tokens ?? train).Order()];
        var vocabulary = new Vocabulary([.. numbers.Select(number => areBytes ? $"0x{number:X2}" : new Rune(number).ToString())]);
        if (recipe.Masking is not null)
            vocabulary = vocabulary.WithMask();
        if (vocabulary.Tokens.Count > MostTokens)
            throw new DatasetException($"{paths[0]}: expected at most {MostTokens} different characters, found {numbers.Count}. Leave some out.");
        var tokens = numbers.Index().ToDictionary(entry => entry.Item, entry => (ushort)entry.Index);
        return (SetOf(paths[0], train, trainLines), SetOf(paths[1], test, testLines), vocabulary);

        ExampleSet SetOf(string path, List<int> text, TextLines? lines)
        {
            if (lines is not null)
                return ExampleSet.OfRuns(recipe.Context, vocabulary, Coded(lines.Tokens, at => Unknown(path, text, lines.Origins[at])), lines.Starts, lines.Lengths, recipe.Masking);
            var least = recipe.TokensOfExample + (recipe.Masking is null ? 1 : 0);
            if (text.Count < least)
                throw new DatasetException($"{path}: expected at least {least} {recipe.Tokens}, as {recipe.KeyOfLength} says, found {text.Count}. Give more text, or lower {recipe.KeyOfLength}.");
            var coded = Coded(text, at => Unknown(path, text, at));
            return recipe.Masking is { } masking ? ExampleSet.OfMasked(recipe.Context, vocabulary, coded, masking, recipe.Length) : ExampleSet.OfTokens(recipe.Context, vocabulary.Tokens.Count, coded, recipe.Length);
        }

        ushort[] Coded(List<int> text, Func<int, DatasetException> unknown)
        {
            var coded = new ushort[text.Count];
            for (var i = 0; i < coded.Length; i++)
            {
                if (!tokens.TryGetValue(text[i], out coded[i]))
                    throw unknown(i);
            }

            return coded;
        }
    }

    private static DatasetException Unknown(string path, List<int> characters, int at)
    {
        var before = characters.Take(at).ToList();
        var (line, column) = (before.Count(c => c == '\n') + 1, at - before.LastIndexOf('\n'));
        return DatasetException.At(path, $"line {line}, column {column}", "a character of train.txt, whose characters are the vocabulary", $"'{new Rune(characters[at])}' (U+{characters[at]:X4})", "Put it into train.txt, or take it out here.");
    }

    private static List<int> Bytes(string path, DatasetFiles files) => [.. Content(path, files)];

    private static List<int> Characters(string path, DatasetFiles files)
    {
        var bytes = Content(path, files);
        var text = bytes.AsSpan();
        if (text.StartsWith(Encoding.UTF8.Preamble))
            text = text[Encoding.UTF8.Preamble.Length..];
        var characters = new List<int>(text.Length);
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out var character, out var length) != System.Buffers.OperationStatus.Done)
                throw DatasetException.At(path, $"byte {bytes.Length - text.Length}", "UTF-8", $"0x{text[0]:X2}", "Save the file as UTF-8, or give dataset.tokens: bytes.");
            characters.Add(character.Value);
            text = text[length..];
        }

        return characters;
    }

    /// <summary>All of a file.</summary>
    /// <exception cref="DatasetException">It can't be read.</exception>
    internal static byte[] Content(string path, DatasetFiles files)
    {
        try
        {
            using var file = files.Open(path);
            using var all = new MemoryStream();
            file.CopyTo(all);
            return all.ToArray();
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw DatasetException.At(path, "byte 0", "a readable file", cause.Message, "Check the file and its permissions.", cause);
        }
    }
}
