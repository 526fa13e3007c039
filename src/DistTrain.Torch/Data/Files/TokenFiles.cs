using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DistTrain.Recipes;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Data.Files;

/// <summary>
/// Tokens that another program has made of a text: a folder with train.bin and test.bin, each of nothing but their numbers, little-endian, 16 or 32 bits
/// each. Files are read whole once, in pieces, and mapped: they may be larger than memory. An example is as many tokens as the job says, without gaps.
/// </summary>
internal static class TokenFiles
{
    private const int Piece = 1 << 16;

    private static readonly string[] Names = ["train.bin", "test.bin"];

    /// <summary>The full paths of both files.</summary>
    /// <exception cref="DatasetException">One is missing.</exception>
    public static IReadOnlyList<string> FilesIn(string folder)
    {
        var missing = Array.FindAll(Names, name => !File.Exists(Path.Combine(folder, name)));
        return missing.Length == 0 ? [.. Names.Select(name => Path.Combine(folder, name))] : throw DatasetException.Missing(folder, missing, "Put both files there, or correct dataset.path.");
    }

    /// <param name="paths">What <see cref="FilesIn"/> found.</param>
    /// <param name="recipe">Says what a token and an example is.</param>
    /// <param name="files">Opens them.</param>
    /// <returns>Both sets, and the tokens' numbers.</returns>
    /// <exception cref="DatasetException">A file ends within a token, is too short, or has one outside the vocabulary.</exception>
    public static (ExampleSet Train, ExampleSet Test, Vocabulary Vocabulary) Read(IReadOnlyList<string> paths, DatasetRecipe recipe, DatasetFiles files)
    {
        var vocabulary = Vocabulary.OfNumbers(recipe.VocabularySize!.Value);
        if (recipe.Masking is not null)
            vocabulary = vocabulary.WithMask();
        return (SetOf(paths[0]), SetOf(paths[1]), vocabulary);

        ExampleSet SetOf(string path) =>
            ExampleSet.OfText(recipe.Context, vocabulary, recipe.Tokens == TokenKinds.UInt16 ? TextOf<ushort>(path, recipe, files) : TextOf<uint>(path, recipe, files), recipe.Masking, recipe.Length);
    }

    private static MappedTokens<T> TextOf<T>(string path, DatasetRecipe recipe, DatasetFiles files)
        where T : unmanaged, IBinaryInteger<T>
    {
        try
        {
            var width = Unsafe.SizeOf<T>();
            var bytes = Check<T>(path, recipe, files);
            if (bytes % width != 0)
                throw DatasetException.At(path, $"byte {bytes - (bytes % width)}", $"a token of {width} bytes, as dataset.tokens: {recipe.Tokens} says", $"the end of the file after {bytes % width}", "The file is truncated, or of tokens of another size.");
            var least = recipe.TokensOfExample + (recipe.Masking is null ? 1 : 0);
            if (bytes / width < least)
                throw new DatasetException($"{path}: expected at least {least} tokens, as {recipe.KeyOfLength} says, found {bytes / width}. Give more, or lower {recipe.KeyOfLength}.");
            return new MappedTokens<T>(path, Convert.FromHexString(files.Digests[files.NameOf(path)]));
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw DatasetException.At(path, "byte 0", "a readable file", cause.Message, "Check the file and its permissions.", cause);
        }
    }

    /// <summary>Reads all of it.</summary>
    /// <returns>Its length in bytes.</returns>
    private static long Check<T>(string path, DatasetRecipe recipe, DatasetFiles files)
        where T : unmanaged, IBinaryInteger<T>
    {
        var last = T.CreateTruncating(recipe.VocabularySize!.Value - 1);
        // All of 16 bits may be in it.
        var isAll = recipe.VocabularySize > ushort.MaxValue && typeof(T) == typeof(ushort);
        var tokens = new T[Piece];
        var piece = MemoryMarshal.AsBytes(tokens.AsSpan());
        using var file = files.Open(path);
        for (var at = 0L; ;)
        {
            var read = file.ReadAtLeast(piece, piece.Length, throwOnEndOfStream: false);
            var whole = tokens.AsSpan(0, read / Unsafe.SizeOf<T>());
            if (!isAll && whole.IndexOfAnyExceptInRange(T.Zero, last) is >= 0 and var wrong)
            {
                var place = (at / Unsafe.SizeOf<T>()) + wrong;
                throw DatasetException.At(
                    path, $"token {place} (byte {place * Unsafe.SizeOf<T>()})", $"a number below dataset.vocabularySize, {recipe.VocabularySize}", $"{whole[wrong]}", "Correct dataset.vocabularySize, or dataset.tokens if the file has tokens of another size.");
            }

            at += read;
            if (read < piece.Length)
                return at;
        }
    }
}
