using System.Text;
using System.Text.Json;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Tests.Data.Files;

[Trait("Kind", "Fast")]
public sealed class TextFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Examples_follow_each_other_and_each_label_is_the_next_character()
    {
        var data = Read("abcdaé🎲b", "ddb🎲", context: 3);

        Assert.Equal(["a", "b", "c", "d", "é", "🎲"], data.Vocabulary!.Tokens);
        Assert.Equal((2, 1, 6, 3, true), (data.Train.Count, data.Test.Count, data.Train.Classes, data.Train.Targets, data.Train.HasTokens));
        Assert.Equal([3], data.Train.Shape);
        Assert.Equal("0 1 2 → 1 2 3", Example(data.Train, 0));
        Assert.Equal("3 0 4 → 0 4 5", Example(data.Train, 1));
        Assert.Equal("3 3 1 → 3 1 5", Example(data.Test, 0));
        // What is not in an example is not counted.
        Assert.Equal([1, 1, 1, 1, 1, 1], data.Train.CountClasses());
    }

    [Fact]
    public void Examples_may_have_fewer_characters_than_a_model_has_places()
    {
        File.WriteAllText(_folder["train.txt"], "abcdabc");
        File.WriteAllText(_folder["test.txt"], "abcd");
        var recipe = Recipe(5) with { Length = 2 };
        var data = DatasetReader.Read(recipe);

        Assert.Equal((3, 1, 2), (data.Train.Count, data.Test.Count, data.Train.LengthOf(0)));
        Assert.Equal([5], data.Train.Shape);
        var (tokens, labels) = (new float[2], new long[2]);
        data.Train.CopyFeatures(1, tokens);
        data.Train.CopyLabels(1, labels);
        Assert.Equal([2, 3], tokens);
        Assert.Equal([3, 0], labels);
        Assert.Equal(new Divisor(3, 2), data.Train.Whole);
        Assert.Equal("data text: 3 training and 1 test examples of 2 characters, 4 different ones", Assert.Single(DatasetSummary.Lines(data, recipe)));
        Assert.Contains("as dataset.length says, found 4. Give more text, or lower dataset.length.", Assert.Throws<DatasetException>(() => DatasetReader.Read(recipe with { Length = 4 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mark_of_the_byte_order_is_no_character() => Assert.Equal(3, Read("\uFEFFabca", "abc", context: 2).Train.Classes);

    [Fact]
    public void Some_examples_and_the_first_ones_are_those()
    {
        var train = Read("abcdefg", "abcdefg", context: 2).Train;

        Assert.Equal(Example(train, 2), Example(train.Only([2, 0]), 0));
        Assert.Equal(Example(train, 0), Example(train.Only([2, 0]), 1));
        Assert.Equal((2, Example(train, 1)), (train.First(2).Count, Example(train.First(2), 1)));
        Assert.Equal([0, 0, 0, 0, 0, 1, 1], train.Only([2]).CountClasses());
    }

    [Fact]
    public void The_fingerprint_is_of_what_tokens_stand_for_too()
    {
        var first = Read("abab", "abab", context: 2).Fingerprint;

        Assert.Equal(first, Read("abab", "abab", context: 2).Fingerprint);
        Assert.NotEqual(first, Read("acac", "acac", context: 2).Fingerprint);
        Assert.NotEqual(first, Read("abab", "abab", context: 3).Fingerprint);
    }

    [Fact]
    public void The_summary_has_the_vocabulary()
    {
        var data = Read("to be or not", "to be", context: 4);
        var recipe = Recipe(4);

        Assert.Equal("data text: 2 training and 1 test examples of 4 characters, 7 different ones", Assert.Single(DatasetSummary.Lines(data, recipe)));
        var summary = JsonDocument.Parse(DatasetSummary.Json(data, recipe)).RootElement;
        Assert.Equal([" ", "b", "e", "n", "o", "r", "t"], summary.GetProperty("vocabulary").EnumerateArray().Select(c => c.GetString()));
        Assert.Equal(["test.txt", "train.txt"], summary.GetProperty("files").EnumerateObject().Select(f => f.Name));
    }

    [Fact]
    public void The_test_set_alone_is_the_same()
    {
        var data = Read("hello world", "low hello", context: 4);
        var test = DatasetReader.ReadTest(Recipe(4));
        Assert.Equal((data.Test.Count, data.Test.Classes, Example(data.Test, 1)), (test.Count, test.Classes, Example(test, 1)));
    }

    [Theory]
    [InlineData("abc\nabc", "ab\ncx", "test.txt, line 2, column 2: expected a character of train.txt, whose characters are the vocabulary, found 'x' (U+0078). Put it into train.txt, or take it out here.")]
    [InlineData("abc", "abcabc", "train.txt: expected at least 4 characters, as dataset.context says, found 3. Give more text, or lower dataset.context.")]
    [InlineData("abcabc", "", "test.txt: expected at least 4 characters, as dataset.context says, found 0.")]
    public void Texts_that_do_not_fit_are_refused(string train, string test, string reason) =>
        Assert.Contains(reason, Assert.Throws<DatasetException>(() => Read(train, test, context: 3)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_no_UTF8_is_refused()
    {
        File.WriteAllBytes(_folder["train.txt"], [.. "abcd"u8, 0xE9, .. "fg"u8]);
        File.WriteAllText(_folder["test.txt"], "abcd");
        Assert.Contains("train.txt, byte 4: expected UTF-8, found 0xE9. Save the file as UTF-8, or give dataset.tokens: bytes.", Assert.Throws<DatasetException>(() => DatasetReader.Read(Recipe(2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_are_tokens_of_whatever_file()
    {
        File.WriteAllBytes(_folder["train.txt"], [0x61, 0xE9, 0x00, 0x62]);
        File.WriteAllBytes(_folder["test.txt"], [0xFF, 0x0A, 0xFE]);
        var recipe = Recipe(2) with { Tokens = TokenKinds.Bytes };
        var data = DatasetReader.Read(recipe);

        Assert.Equal((256, "0x61"), (data.Train.Classes, data.Vocabulary!.Tokens[0x61]));
        Assert.Equal("97 233 → 233 0", Example(data.Train, 0));
        Assert.Equal("255 10 → 10 254", Example(data.Test, 0));
        Assert.Equal("data text: 1 training and 1 test examples of 2 bytes, 256 different ones", Assert.Single(DatasetSummary.Lines(data, recipe)));
    }

    [Fact]
    public void Files_that_are_not_there_are_all_named() =>
        Assert.Contains("lacks train.txt, test.txt. Put both files there, or correct dataset.path.", Assert.Throws<DatasetException>(() => DatasetReader.Read(Recipe(2))).Message, StringComparison.Ordinal);

    [Fact]
    public void Lines_are_examples_from_end_to_end()
    {
        var data = Read("ab\r\n\nc\nbca", "cab\n", context: 4, DocumentLayouts.Padded);

        Assert.Equal(["\n", "a", "b", "c"], data.Vocabulary!.Tokens);
        Assert.Equal((3, 1, true), (data.Train.Count, data.Test.Count, data.Train.IsUneven));
        Assert.Equal("0 1 2 0 → 1 2 0 -100", Example(data.Train, 0));
        Assert.Equal("0 3 0 0 → 3 0 -100 -100", Example(data.Train, 1));
        Assert.Equal("0 2 3 1 → 2 3 1 0", Example(data.Train, 2));
        Assert.Equal("0 3 1 2 → 3 1 2 0", Example(data.Test, 0));
        Assert.Equal((new Divisor(3, 3), new Divisor(2, 2.5)), (data.Train.Whole, data.Train.DivisorOf([1, 0])));
        Assert.Equal([3, 2, 2, 2], data.Train.CountClasses());
        Assert.Equal(Example(data.Train, 2), Example(data.Train.Only([2, 0]), 0));
        Assert.Equal("data text: 3 training and 1 test examples of 2 to 4, 3.0 on average, characters, 4 different ones", Assert.Single(DatasetSummary.Lines(data, Recipe(4))));
    }

    [Fact]
    public void The_fingerprint_is_of_where_lines_end_too()
    {
        var first = Read("ab\nc", "ab", context: 4, DocumentLayouts.Padded).Fingerprint;

        Assert.Equal(first, Read("ab\r\nc\n\n", "ab\n", context: 4, DocumentLayouts.Padded).Fingerprint);
        Assert.NotEqual(first, Read("a\nbc", "ab", context: 4, DocumentLayouts.Padded).Fingerprint);
        Assert.NotEqual(first, Read("ab\nc", "ab", context: 5, DocumentLayouts.Padded).Fingerprint);
    }

    [Theory]
    [InlineData("abc\nabcd\n\nabcde", "ab", "train.txt: expected lines of at most 3 characters, which with their end are dataset.context, found 2 that are longer; the longest is line 4 with 5. Raise dataset.context to 6, or split them.")]
    [InlineData("\n\r\n", "ab", "train.txt: expected a line with a character, as dataset.documents: padded makes an example of each, found none. Give more text.")]
    [InlineData("abc", "", "test.txt: expected a line with a character")]
    [InlineData("abc\nabc", "\na\r\n\ncx", "test.txt, line 4, column 2: expected a character of train.txt, whose characters are the vocabulary, found 'x' (U+0078).")]
    public void Lines_that_do_not_fit_are_refused(string train, string test, string reason) =>
        Assert.Contains(reason, Assert.Throws<DatasetException>(() => Read(train, test, context: 4, DocumentLayouts.Padded)).Message, StringComparison.Ordinal);

    private Dataset Read(string train, string test, int context, string documents = DocumentLayouts.Packed)
    {
        File.WriteAllText(_folder["train.txt"], train, new UTF8Encoding(false));
        File.WriteAllText(_folder["test.txt"], test, new UTF8Encoding(false));
        return DatasetReader.Read(Recipe(context) with { Documents = documents });
    }

    private DatasetRecipe Recipe(int context) => new(DatasetNames.Text, _folder.Path, null, null) { Context = context };

    private static string Example(ExampleSet set, int index)
    {
        var (tokens, labels) = (new float[set.Features], new long[set.Targets]);
        set.CopyFeatures(index, tokens);
        set.CopyLabels(index, labels);
        return $"{string.Join(' ', tokens)} → {string.Join(' ', labels)}";
    }
}
