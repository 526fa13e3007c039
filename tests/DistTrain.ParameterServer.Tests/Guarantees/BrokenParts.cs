using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.ParameterServer.Checkpoints;
using DistTrain.ParameterServer.Files;

namespace DistTrain.ParameterServer.Tests.Guarantees;

/// <summary>A chunk that comes again is added to the one before.</summary>
internal sealed class SumThatCountsTwice(RankTree tree, Bucket bucket) : BucketSum(tree, bucket)
{
    private readonly Dictionary<int, float[]> _chunks = [];
    private readonly int _length = bucket.Length;

    public override Arrival Add(int rank, int examples, float[] values)
    {
        if (_chunks.TryAdd(rank, values))
            return base.Add(rank, examples, values);
        for (var i = 0; i < _length; i++)
            _chunks[rank][i] += values[i];
        return Arrival.Pending;
    }

    public override Arrival Add(int rank, int examples, ReadOnlyMemory<float> values)
    {
        var copy = ArrayPool<float>.Shared.Rent(_length);
        values.CopyTo(copy);
        return Add(rank, examples, copy);
    }

    public override void Reset()
    {
        _chunks.Clear();
        base.Reset();
    }
}

/// <summary>The first chunk that comes is taken for that of the first rank, and so on.</summary>
internal sealed class SumInOrderOfArrival(RankTree tree, Bucket bucket) : BucketSum(tree, bucket)
{
    private readonly HashSet<int> _ranks = [];

    public override Arrival Add(int rank, int examples, float[] values) =>
        _ranks.Add(rank) ? base.Add(_ranks.Count - 1, examples, values) : Arrival.Duplicate;

    public override Arrival Add(int rank, int examples, ReadOnlyMemory<float> values) =>
        _ranks.Add(rank) ? base.Add(_ranks.Count - 1, examples, values) : Arrival.Duplicate;

    public override void Reset()
    {
        _ranks.Clear();
        base.Reset();
    }
}

/// <summary>What is saved begins again at the first example of the first epoch: the place in the order of examples is the state of the random numbers.</summary>
internal sealed class DiskThatForgetsThePosition : Disk
{
    public override void Move(string from, string to)
    {
        if (Path.GetFileName(to) == CheckpointManifest.FileName)
        {
            var manifest = JsonNode.Parse(File.ReadAllText(from))!;
            var step = JsonNode.Parse((string)manifest["openStep"]!)!;
            foreach (var field in step["position"]!.AsObject().Select(p => p.Key).ToList())
                step["position"]![field] = 0;
            manifest["openStep"] = step.ToJsonString();
            File.WriteAllText(from, manifest.ToJsonString());
        }

        base.Move(from, to);
    }
}

/// <summary>Each entry of the ledger is one example behind.</summary>
internal sealed class DiskWithALedgerOneOff : Disk
{
    public override Stream Append(string path) => new OneOff(path);

    private sealed class OneOff(string path) : FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0)
    {
        public override void Write(ReadOnlySpan<byte> buffer) => base.Write(Encoding.UTF8.GetBytes(
            Regex.Replace(Encoding.UTF8.GetString(buffer), "\"cursor\":(\\d+)", match => $"\"cursor\":{int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) + 1}")));
    }
}
