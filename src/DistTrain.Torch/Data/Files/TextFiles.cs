using System.Text;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Data.Files;

/// <summary>
/// Text: a folder with train.txt and test.txt in UTF-8. A token is a character (a Unicode scalar value); the vocabulary is those of train.txt in the order of
/// their code points. An example is as many characters as the job says, one after the other, without gaps.
/// </summary>
internal static class TextFiles
{
    /// <summary>Tokens are kept in 16 bits.</summary>
    private const int MostCharacters = ushort.MaxValue + 1;

    private static readonly string[] Names = ["train.txt", "test.txt"];

    /// <summary>The full paths of both files.</summary>
    /// <exception cref="DatasetException">One is missing.</exception>
    public static IReadOnlyList<string> FilesIn(string folder)
    {
        var missing = Array.FindAll(Names, name => !File.Exists(Path.Combine(folder, name)));
        return missing.Length == 0 ? [.. Names.Select(name => Path.Combine(folder, name))] : throw DatasetException.Missing(folder, missing, "Put both files there, or correct dataset.path.");
    }

    /// <param name="paths">What <see cref="FilesIn"/> found.</param>
    /// <param name="context">Characters of an example.</param>
    /// <param name="files">Opens them.</param>
    /// <returns>Both sets, and what the tokens stand for, in order.</returns>
    /// <exception cref="DatasetException">A file is no UTF-8 or too short, or test.txt has a character that train.txt has not.</exception>
    public static (ExampleSet Train, ExampleSet Test, IReadOnlyList<Rune> Vocabulary) Read(IReadOnlyList<string> paths, int context, DatasetFiles files)
    {
        var (train, test) = (Characters(paths[0], files), Characters(paths[1], files));
        List<Rune> vocabulary = [.. new HashSet<Rune>(train).Order()];
        if (vocabulary.Count > MostCharacters)
            throw new DatasetException($"{paths[0]}: expected at most {MostCharacters} different characters, found {vocabulary.Count}. Leave some out.");
        var tokens = vocabulary.Index().ToDictionary(entry => entry.Item, entry => (ushort)entry.Index);
        return (SetOf(paths[0], train), SetOf(paths[1], test), vocabulary);

        ExampleSet SetOf(string path, List<Rune> characters)
        {
            if (characters.Count <= context)
                throw new DatasetException($"{path}: expected more than {context} characters, as dataset.context says, found {characters.Count}. Give more text, or lower dataset.context.");
            var coded = new ushort[characters.Count];
            for (var i = 0; i < coded.Length; i++)
            {
                if (!tokens.TryGetValue(characters[i], out coded[i]))
                    throw Unknown(path, characters, i);
            }

            return ExampleSet.OfTokens(context, vocabulary.Count, coded);
        }
    }

    private static DatasetException Unknown(string path, List<Rune> characters, int at)
    {
        var before = characters.Take(at).ToList();
        var (line, column) = (before.Count(c => c.Value == '\n') + 1, at - before.LastIndexOf(new Rune('\n')));
        return DatasetException.At(path, $"line {line}, column {column}", "a character of train.txt, whose characters are the vocabulary", $"'{characters[at]}' (U+{characters[at].Value:X4})", "Put it into train.txt, or take it out here.");
    }

    private static List<Rune> Characters(string path, DatasetFiles files)
    {
        byte[] bytes;
        try
        {
            using var file = files.Open(path);
            using var all = new MemoryStream();
            file.CopyTo(all);
            bytes = all.ToArray();
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw DatasetException.At(path, "byte 0", "a readable file", cause.Message, "Check the file and its permissions.", cause);
        }

        var text = bytes.AsSpan();
        if (text.StartsWith(Encoding.UTF8.Preamble))
            text = text[Encoding.UTF8.Preamble.Length..];
        var characters = new List<Rune>(text.Length);
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out var character, out var length) != System.Buffers.OperationStatus.Done)
                throw DatasetException.At(path, $"byte {bytes.Length - text.Length}", "UTF-8", $"0x{text[0]:X2}", "Save the file as UTF-8.");
            characters.Add(character);
            text = text[length..];
        }

        return characters;
    }
}
