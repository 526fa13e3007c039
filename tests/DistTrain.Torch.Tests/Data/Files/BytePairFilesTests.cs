using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Tests.Data.Files;

/// <summary>
/// A small vocabulary in GPT-2's form, learned by <c>tests/vectors/byte_pairs.py</c>, which has no library, and its tokens of texts: <c>byte_pairs.json</c> is
/// what it prints.
/// </summary>
[Trait("Kind", "Fast")]
public sealed class BytePairFilesTests : IDisposable
{
    private static readonly JsonElement Reference = Vectors.Read("byte_pairs.json").RootElement;

    private static readonly string Numbers = Reference.GetProperty("vocabulary").GetRawText();

    private static readonly string Merges = string.Join('\n', Reference.GetProperty("merges").EnumerateArray().Select(merge => merge.GetString()));

    private static readonly int End = Reference.GetProperty("vocabulary").GetProperty("<|endoftext|>").GetInt32();

    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Tokens_are_those_of_the_algorithm_written_out()
    {
        var cases = Reference.GetProperty("cases").EnumerateArray().Select(one => (one.GetProperty("text").GetString()!, one.GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32()).ToArray())).ToList();
        Assert.Contains(cases, one => one.Item2.Length > 0 && one.Item2.Length < Encoding.UTF8.GetByteCount(one.Item1) / 2);
        foreach (var (text, tokens) in cases.Where(one => one.Item2.Length > 0))
        {
            // One token more, so that the shortest text is an example and what is told of it.
            Write(text + "<|endoftext|>", text + "<|endoftext|>");
            Assert.Equal($"{string.Join(' ', tokens)} → {string.Join(' ', tokens.Append(End).Skip(1))}", Example(DatasetReader.Read(Recipe(tokens.Length)).Train, 0));
        }
    }

    [Fact]
    public void A_packed_text_is_taken_as_it_stands()
    {
        Write("the mat\nthe cat<|endoftext|>\r\nthe", "the mat the");
        var data = DatasetReader.Read(Recipe(2));
        Assert.Equal("the| mat|\n|the| cat|<|endoftext|>", string.Join('|', Enumerable.Range(0, 3).SelectMany(example => Seen(data.Train, example).Select(token => Text(data.Vocabulary!.Tokens[token])))));
    }

    [Fact]
    public void A_padded_line_is_told_from_its_beginning_to_its_end()
    {
        Write("the mat\r\n\nthe", "the");
        var (the, mat) = (Number("the"), Number("Ġmat"));
        var data = DatasetReader.Read(Recipe(3, DocumentLayouts.Padded));
        Assert.Equal((2, 1, End + 1), (data.Train.Count, data.Test.Count, data.Train.Classes));
        Assert.Equal($"{End} {the} {mat} → {the} {mat} {End}", Example(data.Train, 0));
        Assert.Equal($"{End} {the} 0 → {the} {End} -100", Example(data.Train, 1));
    }

    /// <summary>The vocabulary has no mask, so there are two tokens more.</summary>
    [Fact]
    public void Hidden_tokens_are_none_that_stands_between_documents()
    {
        Write("the mat", "the");
        var (the, mat) = (Number("the"), Number("Ġmat"));
        var data = DatasetReader.Read(Recipe(5, DocumentLayouts.Padded) with { Masking = new MaskingRecipe(Share: 1, Masked: 1, Random: 0, Seed: 1) });
        Assert.Equal(End + 3, data.Train.Classes);
        Assert.Equal($"{End} {End + 2} {End + 2} {End} {End + 1} → -100 {the} {mat} -100 -100", Example(data.Train, 0));
    }

    [Fact]
    public void The_vocabulary_is_a_part_of_what_the_data_are()
    {
        Write("zz", "zz");
        var first = DatasetReader.Read(Recipe(1));
        Assert.Equal(first.Fingerprint, DatasetReader.Read(Recipe(1)).Fingerprint);
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Numbers + Merges)));
        Assert.Contains($"\"tokenizer\": \"Microsoft.ML.Tokenizers 2.0.1, {digest}\"", DatasetSummary.Json(first, Recipe(1)), StringComparison.Ordinal);
        Assert.Equal(["merges.txt", "test.txt", "train.txt", "vocab.json"], first.Files.Keys.Order());
        // The same tokens of the same text.
        Write("zz", "zz", merges: Merges[..Merges.LastIndexOf('\n')]);
        Assert.NotEqual(first.Fingerprint, DatasetReader.Read(Recipe(1)).Fingerprint);
        Write("zz", "zz", merges: $"#version: 0.2\n{Merges}\n");
        Assert.Equal(Example(first.Train, 0), Example(DatasetReader.Read(Recipe(1)).Train, 0));
    }

    [Fact]
    public void Another_vocabulary_than_the_job_says_is_refused()
    {
        Write("zz", "zz");
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Numbers + Merges)));
        Assert.Equal(1, DatasetReader.Read(Recipe(1) with { VocabularySha256 = digest }).Test.Count);
        var other = new string('0', 64);
        var message = Assert.Throws<DatasetException>(() => DatasetReader.Read(Recipe(1) with { VocabularySha256 = other })).Message;
        Assert.Equal(
            $"{_folder.At("vocab.json")} and {_folder.At("merges.txt")}: expected SHA-256 {other}, as dataset.vocabularySha256 says, found {digest}. Put that vocabulary there, or correct or leave out the key.",
            message);
    }

    public static TheoryData<string, string, string> Unfit => new()
    {
        { "[1]", "a b", "vocab.json: expected a JSON object of tokens and their numbers, {\"a\": 0, …}, found another form: " },
        { "{\"a\": \"x\"}", "a b", "vocab.json: expected a JSON object of tokens and their numbers, {\"a\": 0, …}, found another form: " },
        { "{\"a\": 0, \"a\": 1}", "a b", "vocab.json: expected each token once, found 'a' again. Leave one of them out." },
        { "{\"a\": 0, \"b\": 0}", "a b", "vocab.json: expected each number from 0 to 1 once for 2 tokens, found 0 for 'b' and for 'a'. Number them one behind the other." },
        { "{\"a\": 0, \"b\": 7}", "a b", "vocab.json: expected each number from 0 to 1 once for 2 tokens, found 7 for 'b'. Number them one behind the other." },
        { "{\"a\": 0, \"b\": 1}", "a b", "vocab.json: expected a token for each of the 256 bytes, in the letters that GPT-2 writes them in, and <|endoftext|>, found none for 0x00, 0x01, 0x02, 0x03, 0x04 and 250 others. Give the vocabulary of a GPT-2." },
        { Numbers.Replace("<|endoftext|>", "</s>", StringComparison.Ordinal), Merges, "and <|endoftext|>, found none for <|endoftext|>. Give the vocabulary of a GPT-2." },
        { Numbers, "h e\nthe", "merges.txt, line 2: expected two tokens with a blank between them, found 'the'. Give the merges.txt of a GPT-2." },
        { Numbers, "#version: 0.2\nh e\nq q", "merges.txt, line 3: expected tokens of vocab.json that join to one of its tokens, found 'qq', which is not there. Give the two files of one vocabulary." },
    };

    [Theory]
    [MemberData(nameof(Unfit))]
    public void What_is_no_vocabulary_is_refused(string numbers, string merges, string reason)
    {
        Write("the", "the", numbers, merges);
        Assert.Contains(reason, Assert.Throws<DatasetException>(() => DatasetReader.Read(Recipe(1))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("the the the mat", "train.txt: expected lines of at most 2 tokens, which with <|endoftext|> are dataset.context, found 1 that are longer; the longest is line 1 with 4. Raise dataset.context to 5, or split them.")]
    [InlineData("\n\n", "train.txt: expected a line with a token, as dataset.documents: padded makes an example of each, found none.")]
    public void A_text_that_does_not_fit_is_refused(string train, string reason)
    {
        Write(train, "the");
        Assert.Contains(reason, Assert.Throws<DatasetException>(() => DatasetReader.Read(Recipe(3, DocumentLayouts.Padded))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_files_of_the_vocabulary_are_asked_for()
    {
        _folder.Write("train.txt", "the");
        _folder.Write("test.txt", "the");
        Assert.Contains("lacks vocab.json, merges.txt. Put all files there", Assert.Throws<DatasetException>(() => DatasetReader.Read(Recipe(2))).Message, StringComparison.Ordinal);
    }

    private static int Number(string token) => Reference.GetProperty("vocabulary").GetProperty(token).GetInt32();

    private static string Text(string token) => token.Replace('Ġ', ' ').Replace('Ċ', '\n');

    private DatasetRecipe Recipe(int context, string documents = DocumentLayouts.Packed) =>
        new(DatasetNames.Text, _folder.Path, null, null) { Tokens = TokenKinds.BytePair, Context = context, Documents = documents };

    private void Write(string train, string test, string? numbers = null, string? merges = null)
    {
        _folder.Write("train.txt", train);
        _folder.Write("test.txt", test);
        _folder.Write("vocab.json", numbers ?? Numbers);
        _folder.Write("merges.txt", merges ?? Merges);
    }

    private static int[] Seen(ExampleSet set, int index)
    {
        var tokens = new float[set.Features];
        set.CopyFeatures(index, tokens);
        return [.. tokens.Select(token => (int)token)];
    }

    private static string Example(ExampleSet set, int index)
    {
        var labels = new long[set.Targets];
        set.CopyLabels(index, labels);
        return $"{string.Join(' ', Seen(set, index))} → {string.Join(' ', labels)}";
    }
}
