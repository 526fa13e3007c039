using System.Security.Cryptography;
using System.Text;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Tests.Data.Files;

/// <summary>Parts of words as BERT's own example has them: unaffable is un ##aff ##able.</summary>
[Trait("Kind", "Fast")]
public sealed class WordPieceFilesTests : IDisposable
{
    private const string Words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nun\n##aff\n##able\nhello\n,\nrun\n##s\n";

    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_line_is_an_example_between_special_tokens_and_these_are_never_hidden()
    {
        Write("Unaffable, hello\n\n  \nhe\u0301llo runs\r\n", "hello xyz");
        var recipe = Recipe(8, DocumentLayouts.Padded) with { Masking = new MaskingRecipe(Share: 1, Masked: 1, Random: 0, Seed: 1) };
        var data = DatasetReader.Read(recipe);
        Assert.Equal((2, 1, 12), (data.Train.Count, data.Test.Count, data.Train.Classes));
        Assert.Equal("2 4 4 4 4 4 3 0 → -100 5 6 7 9 8 -100 -100", Example(data.Train, 0));
        Assert.Equal("2 4 4 4 3 0 0 0 → -100 8 10 11 -100 -100 -100 -100", Example(data.Train, 1));
        // What is no word of the vocabulary is [UNK].
        Assert.Equal("2 4 4 3 0 0 0 0 → -100 8 1 -100 -100 -100 -100 -100", Example(data.Test, 0));
        Assert.Equal(new Divisor(2, 4), data.Train.DivisorOf([0, 1]));
    }

    /// <summary>Of whatever stands in the place of a token, and of what is told, nothing is special.</summary>
    [Fact]
    public void Special_tokens_are_not_drawn_either()
    {
        Write(string.Concat(Enumerable.Repeat("hello runs , unaffable\n", 50)), "hello hello hello hello hello hello hello hello hello hello hello hello hello hello hello hello");
        var data = DatasetReader.Read(Recipe(16) with { Masking = new MaskingRecipe(Share: 0.5, Masked: 0, Random: 1, Seed: 1) });
        var (seen, told) = (new HashSet<float>(), 0);
        for (var example = 0; example < data.Train.Count; example++)
        {
            var (tokens, labels) = (new float[16], new long[16]);
            data.Train.CopyFeatures(example, tokens);
            data.Train.CopyLabels(example, labels);
            foreach (var (place, label) in labels.Index().Where(label => label.Item != ExampleSet.NoLabel))
            {
                told++;
                Assert.NotEqual(3, label);
                seen.Add(tokens[place]);
            }
        }

        Assert.Equal([1, 5, 6, 7, 8, 9, 10, 11], seen.Order().Select(token => (int)token));
        Assert.Equal(told / (double)data.Train.Count, data.Train.Whole.Targets);
    }

    [Fact]
    public void Next_tokens_are_told_from_the_beginning_to_the_end_of_a_line()
    {
        Write("unaffable\nhello", "hello");
        var data = DatasetReader.Read(Recipe(4, DocumentLayouts.Padded));
        Assert.Equal("2 5 6 7 → 5 6 7 3", Example(data.Train, 0));
        Assert.Equal("2 8 0 0 → 8 3 -100 -100", Example(data.Train, 1));
    }

    [Fact]
    public void Packed_documents_have_a_separator_between_them()
    {
        Write("unaffable\nhello\n\nruns", "hello , hello");
        var data = DatasetReader.Read(Recipe(3));
        Assert.Equal(["5 6 7 → 6 7 3", "3 8 3 → 8 3 10"], Enumerable.Range(0, data.Train.Count).Select(example => Example(data.Train, example)));
        Assert.Equal((4, 2), (DatasetReader.Read(Recipe(3) with { Length = 2 }).Train.Count, DatasetReader.Read(Recipe(3) with { Length = 2 }).Train.LengthOf(2)));
    }

    [Fact]
    public void A_vocabulary_with_upper_case_takes_text_as_it_is()
    {
        Write("Hello hello", "hello hello", Words + "Hello\n");
        Assert.Equal("12 → 8", Example(DatasetReader.Read(Recipe(1)).Train, 0));
    }

    [Fact]
    public void The_vocabulary_is_a_part_of_what_the_data_are()
    {
        Write("unaffable hello", "hello hello");
        var first = DatasetReader.Read(Recipe(2));
        Assert.Equal(first.Fingerprint, DatasetReader.Read(Recipe(2)).Fingerprint);
        Assert.Contains("\"tokenizer\": \"Microsoft.ML.Tokenizers 2.0.1\"", DatasetSummary.Json(first, Recipe(2)), StringComparison.Ordinal);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Words))), first.Files["vocab.txt"]);
        // The same tokens of the same text.
        Write("unaffable hello", "hello hello", Words + "other\n");
        Assert.NotEqual(first.Fingerprint, DatasetReader.Read(Recipe(2)).Fingerprint);
    }

    [Fact]
    public void Another_vocabulary_than_the_job_says_is_refused()
    {
        Write("unaffable hello", "hello hello");
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Words)));
        Assert.Equal(1, DatasetReader.Read(Recipe(2) with { VocabularySha256 = digest }).Test.Count);
        var other = new string('0', 64);
        var message = Assert.Throws<DatasetException>(() => DatasetReader.Read(Recipe(2) with { VocabularySha256 = other })).Message;
        Assert.Equal($"{_folder.At("vocab.txt")}: expected SHA-256 {other}, as dataset.vocabularySha256 says, found {digest}. Put that vocabulary there, or correct or leave out the key.", message);
    }

    [Theory]
    [InlineData("[PAD]\n[UNK]\nhello\n", "hello", "vocab.txt: expected a token a line, among them [PAD], [UNK], [CLS], [SEP], [MASK], found none called [CLS], [SEP], [MASK].")]
    [InlineData(Words + "run\n", "hello", "vocab.txt, line 13: expected a token that no other line has, found 'run' again.")]
    [InlineData(Words, "unaffable\nhello unaffable", "train.txt: expected lines of at most 3 tokens, which with [CLS] are dataset.context, found 1 that are longer; the longest is line 2 with 4. Raise dataset.context to 5, or split them.")]
    [InlineData(Words, " \n\n", "train.txt: expected a line with a token, as dataset.documents: padded makes an example of each, found none.")]
    public void What_does_not_fit_is_refused(string vocabulary, string train, string reason)
    {
        Write(train, "hello", vocabulary);
        Assert.Contains(reason, Assert.Throws<DatasetException>(() => DatasetReader.Read(Recipe(4, DocumentLayouts.Padded))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_vocabulary_is_asked_for()
    {
        _folder.Write("train.txt", "hello");
        _folder.Write("test.txt", "hello");
        Assert.Contains("lacks vocab.txt. Put all files there", Assert.Throws<DatasetException>(() => DatasetReader.Read(Recipe(2))).Message, StringComparison.Ordinal);
    }

    private DatasetRecipe Recipe(int context, string documents = DocumentLayouts.Packed) =>
        new(DatasetNames.Text, _folder.Path, null, null) { Tokens = TokenKinds.WordPiece, Context = context, Documents = documents };

    private void Write(string train, string test, string vocabulary = Words)
    {
        _folder.Write("train.txt", train);
        _folder.Write("test.txt", test);
        _folder.Write("vocab.txt", vocabulary);
    }

    private static string Example(ExampleSet set, int index)
    {
        var (tokens, labels) = (new float[set.Features], new long[set.Targets]);
        set.CopyFeatures(index, tokens);
        set.CopyLabels(index, labels);
        return $"{string.Join(' ', tokens)} → {string.Join(' ', labels)}";
    }
}
