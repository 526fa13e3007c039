using System.Runtime.InteropServices;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Tests.Data.Files;

[Trait("Kind", "Fast")]
public sealed class TokenFilesTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(TokenKinds.UInt16)]
    [InlineData(TokenKinds.UInt32)]
    public void Tokens_are_numbers_each_told_from_those_before_it(string tokens)
    {
        Write(tokens, [7, 1, 2, 3, 4, 5, 6, 0], [3, 2, 1]);
        var data = DatasetReader.Read(Recipe(tokens));
        Assert.Equal((3, 1, 8, true), (data.Train.Count, data.Test.Count, data.Train.Classes, data.Train.HasTokens));
        Assert.Equal(["7 1 → 1 2", "2 3 → 3 4", "4 5 → 5 6"], Enumerable.Range(0, 3).Select(example => Example(data.Train, example)));
        Assert.Equal("4 5 → 5 6", Example(data.Train.Only([2]), 0));
        Assert.Equal("data text: 3 training and 1 test examples of 2 tokens, 8 different ones", Assert.Single(DatasetSummary.Lines(data, Recipe(tokens))));
        Assert.DoesNotContain("vocabulary", DatasetSummary.Json(data, Recipe(tokens)), StringComparison.Ordinal);
        Assert.Equal(["test.bin", "train.bin"], data.Files.Keys.Order());
        Assert.Equal((7, 1), (DatasetReader.Read(Recipe(tokens) with { Length = 1 }).Train.Count, DatasetReader.Read(Recipe(tokens) with { Length = 1 }).Train.LengthOf(0)));
    }

    [Fact]
    public void The_fingerprint_is_of_all_tokens_and_of_how_many_there_may_be()
    {
        Write(TokenKinds.UInt16, [7, 1, 2, 3, 4], [3, 2, 1]);
        var (first, recipe) = (DatasetReader.Read(Recipe(TokenKinds.UInt16)).Fingerprint, Recipe(TokenKinds.UInt16));
        Assert.Equal(first, DatasetReader.Read(recipe).Fingerprint);
        Assert.NotEqual(first, DatasetReader.Read(recipe with { VocabularySize = 9 }).Fingerprint);
        // Behind the last example.
        Write(TokenKinds.UInt16, [7, 1, 2, 3, 5], [3, 2, 1]);
        Assert.NotEqual(first, DatasetReader.Read(recipe).Fingerprint);
    }

    /// <summary>Padding and mask have the two numbers behind the vocabulary.</summary>
    [Fact]
    public void Tokens_can_be_hidden()
    {
        Write(TokenKinds.UInt32, [7, 1, 2, 3], [3, 2]);
        var data = DatasetReader.Read(Recipe(TokenKinds.UInt32) with { Masking = new MaskingRecipe(1, 1, 0, Seed: 1) });
        Assert.Equal((2, 1, 10), (data.Train.Count, data.Test.Count, data.Train.Classes));
        Assert.Equal("9 9 → 2 3", Example(data.Train, 1));
    }

    [Theory]
    [InlineData(TokenKinds.UInt16, new uint[] { 1, 2, 8 }, "train.bin, token 2 (byte 4): expected a number below dataset.vocabularySize, 8, found 8. Correct dataset.vocabularySize")]
    [InlineData(TokenKinds.UInt32, new uint[] { 1, uint.MaxValue, 2 }, "train.bin, token 1 (byte 4): expected a number below dataset.vocabularySize, 8, found 4294967295.")]
    [InlineData(TokenKinds.UInt16, new uint[] { 1, 2 }, "train.bin: expected at least 3 tokens, as dataset.context says, found 2. Give more, or lower dataset.context.")]
    [InlineData(TokenKinds.UInt32, new uint[0], "train.bin: expected at least 3 tokens")]
    public void What_is_no_token_is_refused_with_its_place(string tokens, uint[] train, string reason)
    {
        Write(tokens, train, [3, 2, 1]);
        Assert.Contains(reason, Assert.Throws<DatasetException>(() => DatasetReader.Read(Recipe(tokens))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_in_a_later_piece_of_the_file_is_found_with_its_place()
    {
        var many = new uint[200_000];
        many[150_001] = 9;
        Write(TokenKinds.UInt16, many, [3, 2, 1]);
        Assert.Contains("token 150001 (byte 300002)", Assert.Throws<DatasetException>(() => DatasetReader.Read(Recipe(TokenKinds.UInt16))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_ends_within_a_token_is_refused()
    {
        Write(TokenKinds.UInt32, [1, 2, 3], [3, 2, 1]);
        _folder.Write("test.bin", new byte[13]);
        var message = Assert.Throws<DatasetException>(() => DatasetReader.Read(Recipe(TokenKinds.UInt32))).Message;
        Assert.Contains("test.bin, byte 12: expected a token of 4 bytes, as dataset.tokens: uint32 says, found the end of the file after 1.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_files_are_asked_for()
    {
        var message = Assert.Throws<DatasetException>(() => DatasetReader.Read(Recipe(TokenKinds.UInt16))).Message;
        Assert.Contains("train.bin, test.bin", message, StringComparison.Ordinal);
    }

    private DatasetRecipe Recipe(string tokens) => new(DatasetNames.Text, _folder.Path, null, null) { Tokens = tokens, VocabularySize = 8, Context = 2 };

    private void Write(string tokens, uint[] train, uint[] test)
    {
        foreach (var (name, numbers) in new[] { ("train.bin", train), ("test.bin", test) })
            _folder.Write(name, tokens == TokenKinds.UInt16 ? MemoryMarshal.AsBytes(numbers.Select(number => (ushort)number).ToArray().AsSpan()).ToArray() : MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray());
    }

    private static string Example(ExampleSet set, int index)
    {
        var (tokens, labels) = (new float[set.Features], new long[set.Targets]);
        set.CopyFeatures(index, tokens);
        set.CopyLabels(index, labels);
        return $"{string.Join(' ', tokens)} → {string.Join(' ', labels)}";
    }
}
