using System.Buffers;
using DistTrain.Optimization.Gradients;
using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;
using DistTrain.Torch.Replicas;

namespace DistTrain.Torch.Tests.Replicas;

/// <summary>Ranks and a server in one place, without messages: shards, sums along the rank tree, plain gradient descent, the buffers' update.</summary>
internal sealed class TinyCluster : IDisposable
{
    private const int Seed = 3;

    private readonly TrainingSpec _spec;
    private readonly Dataset _data;
    private readonly Replica[] _ranks;

    /// <param name="spec">The job; its rate and micro-batch are used, its batch is what each step gets.</param>
    /// <param name="data">The data.</param>
    public TinyCluster(TrainingSpec spec, Dataset data)
    {
        (_spec, _data) = (spec, data);
        var model = ModelBlueprint.Of(spec, data.Train.Shape, data.Train.Classes);
        _ranks = [.. Enumerable.Range(0, spec.Workers).Select(_ => new Replica(model, spec.MicroBatch))];
        Version = new float[Layout.Length];
        VersionZero.Fill(Layout, Seed, 0, Version);
    }

    public ParameterLayout Layout => _ranks[0].Layout;

    /// <summary>The committed version.</summary>
    public float[] Version { get; private set; }

    public Position Position { get; private set; } = Position.Start();

    /// <summary>One step over the examples at the position.</summary>
    /// <param name="take">How many, over all ranks.</param>
    /// <returns>The mean loss.</returns>
    public double Step(int take)
    {
        var shards = Enumerable.Range(0, _ranks.Length).Select(rank => Shard.Of(rank, _ranks.Length, take)).ToList();
        var loss = shards.Select((shard, rank) => Push(rank, shard, take)).Sum() / take;
        Version = Next(shards, take);
        Position = Position.Advance(take, _data.Train.Count);
        return loss;
    }

    /// <summary>The test set's result at the committed version.</summary>
    public BatchResult Evaluate()
    {
        Version.CopyTo(_ranks[0].Parameters);
        return _ranks[0].Evaluate(_data.Test, [.. Enumerable.Range(0, _data.Test.Count)], _data.Test.Whole);
    }

    /// <summary>One segment of the committed version.</summary>
    public float[] Of(string segment)
    {
        var placed = Layout.Segments.Single(s => s.Name == segment);
        return Version[placed.Offset..placed.End];
    }

    public void Dispose() => Array.ForEach(_ranks, rank => rank.Dispose());

    private double Push(int rank, Shard shard, int take)
    {
        var replica = _ranks[rank];
        Version.CopyTo(replica.Parameters);
        replica.BeginStep();
        var loss = 0.0;
        for (var (at, index) = (0, 0); at < shard.Count; at += _spec.MicroBatch, index++)
        {
            int[] examples = [.. Enumerable.Range(Position.Cursor + shard.Start + at, Math.Min(_spec.MicroBatch, shard.Count - at))];
            loss += replica.Accumulate(_data.Train, examples, new Divisor(take, _data.Train.Targets), new MicroBatchKey(Seed, Position, rank, index)).LossSum;
        }

        replica.EndStep();
        return loss;
    }

    private float[] Next(List<Shard> shards, int take)
    {
        var rate = (float)_spec.Optimizer.Options.Number("lr");
        var buffers = new BufferUpdate(_spec.BatchNorm.Momentum, _spec.BatchNorm.Epsilon);
        var next = new float[Layout.Length];
        foreach (var bucket in Layout.Buckets)
        {
            var sum = new BucketSum(new RankTree(_ranks.Length), bucket);
            for (var rank = 0; rank < _ranks.Length; rank++)
            {
                var chunk = ArrayPool<float>.Shared.Rent(bucket.Length);
                _ranks[rank].Gradient.Span.Slice(bucket.Offset, bucket.Length).CopyTo(chunk);
                sum.Add(rank, shards[rank].Count, chunk);
            }

            foreach (var piece in bucket.Pieces)
            {
                var pushed = sum.Total.Slice(piece.Offset - bucket.Offset, piece.Length);
                var current = Version.AsSpan(piece.Offset, piece.Length);
                var target = next.AsSpan(piece.Offset, piece.Length);
                if (piece.Segment.IsBuffer)
                {
                    buffers.Step(piece.Segment, current, pushed, target, take);
                    continue;
                }

                for (var i = 0; i < target.Length; i++)
                    target[i] = current[i] - (rate * pushed[i]);
            }

            sum.Reset();
        }

        return next;
    }
}
