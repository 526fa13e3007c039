using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace DistTrain.EndToEnd.Tests;

/// <summary>
/// What a job about text may have wrong, submitted to a cluster: each is told with its path, its value, the rule and what to do, before anything is trained,
/// and with exit code 2.
/// </summary>
[Trait("Kind", "Process")]
public sealed class TextMistakesTests(StandingClusters clusters)
{
    private const string Words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nrest\n";

    private const string Own = "model={name: custom, layers: [embedding: 2, linear: 4]}";

    private static readonly IReadOnlyList<Mistake> _mistakes =
    [
        new("a token outside the vocabulary", ["dataset={name: text, path: DATA, tokens: uint16, vocabularySize: 8, context: 2}", "model={name: transformer, width: 4, depth: 1, heads: 2}"], "/data/train.bin, token 2 (byte 4): expected a number below dataset.vocabularySize, 8, found 8. Correct dataset.vocabularySize, or dataset.tokens"),
        new("a character of the test text that the training text does not have", [Text("strange"), Own], "/strange/test.txt, line 1, column 3: expected a character of train.txt, whose characters are the vocabulary, found 'x' (U+0078). Put it into train.txt, or take it out here."),
        new("a line longer than the context", [Text("lines", "documents: padded, context: 3"), Own], "/lines/train.txt: expected lines of at most 2 characters, which with their end are dataset.context, found 2 that are longer; the longest is line 2 with 5. Raise dataset.context to 6, or split them."),
        new("a text with no example", [Text("empty", "documents: padded"), Own], "/empty/train.txt: expected a line with a character, as dataset.documents: padded makes an example of each, found none. Give more text."),
        new("a vocabulary of another digest", [Text("words", $"tokens: wordPiece, vocabularySha256: {new string('a', 64)}"), Own], "/words/vocab.txt: expected SHA-256 aaaaaaaa…, as dataset.vocabularySha256 says, found cef75378456f790c050471cd7023653541ce267f91cd1885fe70de425bf9ed49. Put that vocabulary there, or correct or leave out the key."),
        new("a vocabulary without special tokens", [Text("fewWords", "tokens: wordPiece"), Own], "/fewWords/vocab.txt: expected a token a line, among them [PAD], [UNK], [CLS], [SEP], [MASK], found none called [PAD], [UNK], [CLS], [SEP], [MASK]. Give the vocabulary of a BERT."),
        new("a vocabulary of byte pairs that lacks bytes", [Text("pairs", "tokens: bytePair"), Own], "/pairs/vocab.json: expected a token for each of the 256 bytes, in the letters that GPT-2 writes them in, and <|endoftext|>, found none for 0x00, 0x01, 0x02, 0x03, 0x04 and 250 others. Give the vocabulary of a GPT-2."),
        new("numbers of tokens without their limit", [Text("lines", "tokens: uint32"), Own], "spec.dataset.vocabularySize: is missing; uint32 needs a whole number from 2 to 16777214: how many different tokens there are"),
        new("heads that do not divide the width", [Text("lines"), "model={name: transformer, width: 30}"], "spec.model.heads: 4 heads do not divide a width of 30; give a divisor of 30"),
        new("heads of a list of layers that do not divide the width", [Text("lines"), "model={name: custom, layers: [embedding: 6, attention: 4, linear: 3]}"], "spec.model.layers[1]: 4 heads do not divide 6 numbers of a token; give a divisor of 6"),
        new("hidden tokens where next ones are told", [Text("lines"), Own, "task={share: 0.2}"], "spec.task.share: nextToken hides no tokens; leave it out, or give task.name: maskedToken"),
        new("more than all hidden tokens replaced", [Text("lines"), "model={name: bert, width: 4, depth: 1, heads: 2}", "task={name: maskedToken, masked: 0.9, random: 0.2}"], "spec.task.random: masked 0.9 and random 0.2 are more than all; let them add up to 1 at most"),
        new("next tokens told by what sees them", [Text("lines"), "model={name: bert, width: 4, depth: 1, heads: 2}"], "spec.model.name: bert sees all tokens of an example, also the next one that it were to tell; give transformer, or task.name: maskedToken"),
        new("next tokens told by a list of layers that sees them", [Text("lines"), "model={name: custom, layers: [embedding: 4, residual: [attention: {heads: 2, causal: false}], linear: 3]}"], "spec.model.layers[1].residual[0].attention.causal: 'false' sees the tokens behind one, also the next one that it were to tell; give true, or task.name: maskedToken"),
        new("hidden tokens told by what only looks back", [Text("lines"), "model={name: transformer, width: 4, depth: 1, heads: 2}", "task={name: maskedToken}"], "spec.model.name: transformer sees the tokens before one alone, and a hidden one is told from those around it; give bert, or custom with layers"),
        new("classes of a text", [Text("lines"), Own, "task={name: classification}"], "spec.task.name: text has no classes; give nextToken or maskedToken"),
        new("a mean of characters", [Text("lines", "normalize: feature"), Own], "spec.dataset.normalize: characters are no measurements that have a mean; leave it out"),
        new("numbers where classes are told", ["dataset={name: csv, path: DATA}", "model.name=softmax"], "/data/train.csv, line 1, column 2: expected a whole label from 0 to 65535, found '0.5'. …If it has a number that is to be told, set task.name to regression."),
        new("tokens taken for measurements", [Text("lines"), "model={name: custom, layers: [linear: 3]}"], "spec.model.layers[0]: the data are numbered tokens and no measurements; begin with 'embedding'"),
        new("scores that are no product with an embedding", [Text("lines"), "model={name: custom, layers: [embedding: 2, linear: 4, unembedding]}"], "spec.model.layers[2]: unembedding needs an input of shape [tokens, 2], it gets [2, 4]; put 'embedding' before it, and let it get as many numbers of a token as that gives"),
        new("a sequence that becomes one row", [Text("lines"), "model={name: custom, layers: [embedding: 2, flatten, linear: 3]}"], "the model's output has shape [3], the data want a score of each of 4 tokens for each of 2; begin with 'embedding', keep the sequence and end with 'linear: 4'"),
        new("weights that lack a tensor", [Text("lines", "context: 4"), Own, "from.file=DATA/missing.safetensors"], "spec.from.file: …/missing.safetensors is of another model than the job's for its data; missing: fc1.bias F32 [4]; give weights of the same model, or say in spec.from.names what the file calls them"),
        new("weights with a tensor too many", [Text("lines", "context: 4"), Own, "from.file=DATA/extra.safetensors"], "spec.from.file: …/extra.safetensors is of another model than the job's for its data; unexpected: fc2.weight F32 [3,3]; give weights of the same model, or say in spec.from.names what the file calls them"),
        new("weights of another shape", [Text("lines", "context: 4"), Own, "from.file=DATA/shape.safetensors"], "spec.from.file: …/shape.safetensors is of another model than the job's for its data; other shape: fc1.weight is [4,5], [4,2] is needed; give weights of the same model, or say in spec.from.names what the file calls them"),
        new("weights of fewer places than the context", [Text("lines", "context: 4"), "model={name: custom, layers: [embedding: 2, positions: learned, linear: 4]}", "from.file=DATA/places.safetensors"], "spec.from.file: …/places.safetensors is of another model than the job's for its data; other shape: positions1.weight is [3,2], [4,2] is needed; give weights of the same model, or say in spec.from.names what the file calls them"),
        new("weights that are not finite", [Text("lines", "context: 4"), Own, "from.file=DATA/nan.safetensors"], "spec.from.file: …/nan.safetensors has weights that are not finite: 8 in embedding1.weight, 8 in fc1.weight, 4 in fc1.bias; give a checkpoint from before they were"),
        new("weights of a file that is not there", [Text("lines", "context: 4"), Own, "from.file=DATA/nowhere.safetensors"], "spec.from.file: there is no file …/nowhere.safetensors; give the path of a .safetensors file, as the servers see it"),
    ];

    [Fact]
    public async Task Each_mistake_is_told_with_its_path_and_value_and_what_to_do()
    {
        Assert.True(_mistakes.Count >= 20);
        using var folder = new RunFolder();
        var data = Write(folder["data"]);
        await File.WriteAllTextAsync(folder["job.yaml"], StandingCluster.EmptyJob);
        var endpoint = await clusters.EndpointAsync();
        using var places = new SemaphoreSlim(Environment.ProcessorCount);
        var told = await Task.WhenAll(_mistakes.Select(SubmitAsync));

        List<string> others = [.. _mistakes.Zip(told).Select(pair => pair.First.WhyNotTold(pair.Second)).OfType<string>()];
        Assert.True(others.Count == 0, string.Join('\n', others));

        async Task<Finished> SubmitAsync(Mistake mistake)
        {
            await places.WaitAsync();
            try
            {
                var settings = Training.Set([.. mistake.Settings.Select(setting => setting.Replace("DATA", data, StringComparison.Ordinal))]);
                return await DistTrainProcess.RunAsync(["submit", folder["job.yaml"], "--endpoint", endpoint, "--id", "mistaken", .. settings]);
            }
            finally
            {
                places.Release();
            }
        }
    }

    private static string Text(string folder, string options = "context: 2") => $"dataset={{name: text, path: DATA/{folder}, {options}}}";

    /// <summary>Writes what the mistakes are in.</summary>
    private static string Write(string data)
    {
        Put("lines", "abc\nabcab\n", "abc\nabcab\n");
        Put("strange", "abcabc", "abx");
        Put("empty", "\n\n", "abc");
        Put("words", "the rest\n", "the rest\n", Words);
        Put("fewWords", "the rest\n", "the rest\n", "the\nrest\n");
        Put("pairs", "ab\n", "ab\n");
        File.WriteAllText(Path.Combine(data, "pairs", "vocab.json"), "{\"a\": 0, \"b\": 1, \"ab\": 2}");
        File.WriteAllText(Path.Combine(data, "pairs", "merges.txt"), "a b\n");
        foreach (var file in new[] { "train.bin", "test.bin" })
            File.WriteAllBytes(Path.Combine(data, file), MemoryMarshal.AsBytes<ushort>([1, 2, 8, 3]));
        foreach (var file in new[] { "train.csv", "test.csv" })
            File.WriteAllText(Path.Combine(data, file), "1,0.5\n2,1.25\n");
        (string, int[]) embedding = ("embedding1.weight", [4, 2]), weight = ("fc1.weight", [4, 2]), bias = ("fc1.bias", [4]);
        Save("missing", 1, embedding, weight);
        Save("extra", 1, embedding, weight, bias, ("fc2.weight", [3, 3]));
        Save("shape", 1, embedding, ("fc1.weight", [4, 5]), bias);
        Save("places", 1, embedding, ("positions1.weight", [3, 2]), weight, bias);
        Save("nan", float.NaN, embedding, weight, bias);
        return data;

        void Put(string name, string train, string test, string? vocabulary = null)
        {
            var folder = Directory.CreateDirectory(Path.Combine(data, name)).FullName;
            File.WriteAllText(Path.Combine(folder, "train.txt"), train);
            File.WriteAllText(Path.Combine(folder, "test.txt"), test);
            if (vocabulary is not null)
                File.WriteAllText(Path.Combine(folder, "vocab.txt"), vocabulary);
        }

        void Save(string name, float value, params (string Name, int[] Shape)[] tensors)
        {
            var (entries, values) = (new List<string>(), new List<float>());
            foreach (var (tensor, shape) in tensors)
            {
                var begin = sizeof(float) * values.Count;
                values.AddRange(Enumerable.Repeat(value, shape.Aggregate(1, (product, side) => product * side)));
                entries.Add($"\"{tensor}\":{{\"dtype\":\"F32\",\"shape\":[{string.Join(',', shape)}],\"data_offsets\":[{begin},{sizeof(float) * values.Count}]}}");
            }

            var header = Encoding.UTF8.GetBytes($"{{{string.Join(',', entries)}}}");
            var length = new byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            File.WriteAllBytes(Path.Combine(data, $"{name}.safetensors"), [.. length, .. header, .. MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(values))]);
        }
    }

    /// <param name="Name">What is wrong.</param>
    /// <param name="Settings">The job's, DATA in place of the folder.</param>
    /// <param name="Told">The sentence, or the parts of it that matter, with … between them.</param>
    private sealed record Mistake(string Name, string[] Settings, string Told)
    {
        /// <summary>What is missing of what was to be told; null: nothing.</summary>
        public string? WhyNotTold(Finished run)
        {
            var at = 0;
            var isTold = run.ExitCode == 2 && !run.Error.Contains("   at ", StringComparison.Ordinal)
                && Told.Split('…').All(part => (at = run.Error.IndexOf(part, at, StringComparison.Ordinal)) >= 0);
            return isTold ? null : $"{Name}: exit code {run.ExitCode}, '{Told}' is not told: {run.Output}{run.Error}";
        }
    }
}
