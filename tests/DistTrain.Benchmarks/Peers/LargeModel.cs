using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DistTrain.Benchmarks.Peers;

/// <summary>A model of a size that is trained in earnest, on noise: for times, not for accuracy.</summary>
/// <param name="Name">As a job file has it.</param>
/// <param name="Batch">Over both ranks.</param>
/// <param name="Ours">Keys of our job, DATA in place of the folder.</param>
/// <param name="Theirs">What large_ddp.py is told of it.</param>
/// <param name="Write">Writes the data into the folder, of so many examples.</param>
internal sealed record LargeModel(string Name, int Batch, IReadOnlyList<string> Ours, IReadOnlyDictionary<string, object> Theirs, Action<string, int> Write)
{
    private const int Classes = 10;

    /// <summary>BERT's, two of which are padding and mask.</summary>
    private const int Tokens = 30_522;

    private const double Told = 0.15;

    /// <summary>ResNet-50 and BERT-base; for a rehearsal the same much smaller.</summary>
    public static IReadOnlyList<LargeModel> All(bool isRehearsal) => isRehearsal
        ? [ResNet50(side: 64, width: 16, batch: 16), Bert(width: 128, depth: 2, heads: 2, context: 64, batch: 16)]
        : [ResNet50(side: 224, width: 64, batch: 32), Bert(width: 768, depth: 12, heads: 12, context: 128, batch: 16)];

    private static LargeModel ResNet50(int side, int width, int batch) => new(
        "resnet50",
        batch,
        [$"model={{name: resnet50, width: {width}}}", "batchNorm.scope=local", "dataset={name: mnist, path: DATA}", "optimizer={name: momentum, lr: 0.01, momentum: 0.9}"],
        new Dictionary<string, object> { ["side"] = side, ["width"] = width },
        (folder, examples) => WriteImages(folder, side, examples));

    private static LargeModel Bert(int width, int depth, int heads, int context, int batch) => new(
        "bert",
        batch,
        [
            $"model={{name: bert, width: {width}, depth: {depth}, heads: {heads}}}", $"task={{name: maskedToken, share: {Told}}}", "optimizer={name: adam, lr: 0.0001}",
            $"dataset={{name: text, path: DATA, tokens: uint16, vocabularySize: {Tokens - 2}, context: {context}}}",
        ],
        new Dictionary<string, object> { ["width"] = width, ["depth"] = depth, ["heads"] = heads, ["context"] = context, ["tokens"] = Tokens, ["told"] = Told },
        (folder, examples) => WriteTokens(folder, (context * examples) + 1));

    /// <summary>Grey images in MNIST's four files.</summary>
    private static void WriteImages(string folder, int side, int examples)
    {
        foreach (var (name, count) in new[] { ("train", examples), ("t10k", Classes) })
        {
            Idx($"{name}-images-idx3-ubyte", Noise(count * side * side), count, side, side);
            Idx($"{name}-labels-idx1-ubyte", [.. Enumerable.Range(0, count).Select(i => (byte)(i % Classes))], count);
        }

        void Idx(string name, byte[] values, params int[] sizes)
        {
            var header = new byte[sizeof(int) * (1 + sizes.Length)];
            BinaryPrimitives.WriteInt32BigEndian(header, 0x0800 | sizes.Length);
            for (var i = 0; i < sizes.Length; i++)
                BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(sizeof(int) * (1 + i)), sizes[i]);
            File.WriteAllBytes(Path.Combine(folder, name), [.. header, .. values]);
        }
    }

    private static void WriteTokens(string folder, int count)
    {
        var tokens = MemoryMarshal.Cast<byte, ushort>(Noise(count * sizeof(ushort))).ToArray();
        for (var i = 0; i < tokens.Length; i++)
            tokens[i] %= Tokens - 2;
        foreach (var name in new[] { "train.bin", "test.bin" })
            File.WriteAllBytes(Path.Combine(folder, name), MemoryMarshal.AsBytes(tokens.AsSpan()).ToArray());
    }

    private static byte[] Noise(int count)
    {
        var bytes = new byte[count];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
