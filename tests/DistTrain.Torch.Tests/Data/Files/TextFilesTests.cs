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

        Assert.Equal(["a", "b", "c", "d", "é", "🎲"], data.Vocabulary!.Select(c => c.ToString()));
        Assert.Equal((2, 1, 6, 3, true), (data.Train.Count, data.Test.Count, data.Train.Classes, data.Train.Targets, data.Train.HasTokens));
        Assert.Equal([3], data.Train.Shape);
        Assert.Equal("0 1 2 → 1 2 3", Example(data.Train, 0));
        Assert.Equal("3 0 4 → 0 4 5", Example(data.Train, 1));
        Assert.Equal("3 3 1 → 3 1 5", Example(data.Test, 0));
        // What is not in an example is not counted.
        Assert.Equal([1, 1, 1, 1, 1, 1], data.Train.CountClasses());
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
    [InlineData("abc", "abcabc", "train.txt: expected more than 3 characters, as dataset.context says, found 3. Give more text, or lower dataset.context.")]
    [InlineData("abcabc", "", "test.txt: expected more than 3 characters, as dataset.context says, found 0.")]
    public void Texts_that_do_not_fit_are_refused(string train, string test, string reason) =>
        Assert.Contains(reason, Assert.Throws<DatasetException>(() => Read(train, test, context: 3)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_no_UTF8_is_refused()
    {
        File.WriteAllBytes(_folder["train.txt"], [.. "abcd"u8, 0xE9, .. "fg"u8]);
        File.WriteAllText(_folder["test.txt"], "abcd");
        Assert.Contains("train.txt, byte 4: expected UTF-8, found 0xE9. Save the file as UTF-8.", Assert.Throws<DatasetException>(() => DatasetReader.Read(Recipe(2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_not_there_are_all_named() =>
        Assert.Contains("lacks train.txt, test.txt. Put both files there, or correct dataset.path.", Assert.Throws<DatasetException>(() => DatasetReader.Read(Recipe(2))).Message, StringComparison.Ordinal);

    private Dataset Read(string train, string test, int context)
    {
        File.WriteAllText(_folder["train.txt"], train, new UTF8Encoding(false));
        File.WriteAllText(_folder["test.txt"], test, new UTF8Encoding(false));
        return DatasetReader.Read(Recipe(context));
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
