using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Options;
using DistTrain.Optimization.Parameters;

namespace DistTrain.ParameterServer.Tests.Fixtures;

/// <summary>
/// One replica of a job's model under momentum, element by element: gradients added in rank-tree order, then
/// v = momentum·v + (g + weightDecay·w), w = w − lr·v, all in float32.
/// </summary>
public sealed class ReferenceReplica
{
    private readonly TinyJob _job;

    private ReferenceReplica(TinyJob job, float[] vector, float[] velocity) => (_job, Vector, Velocity) = (job, vector, velocity);

    public float[] Vector { get; }

    public float[] Velocity { get; }

    /// <summary>The job's replica at version 0.</summary>
    public static ReferenceReplica Start(TinyJob job)
    {
        var start = new ReferenceReplica(job, new float[job.Layout.Length], new float[job.Layout.Length]);
        VersionZero.Fill(job.Layout, job.Job.Spec.Seed, 0, start.Vector);
        return start;
    }

    /// <summary>A replica with other weights, and without velocity.</summary>
    public static ReferenceReplica From(TinyJob job, float[] vector) => new(job, [.. vector], new float[vector.Length]);

    /// <summary>The mean over replicas, added in rank-tree order; without velocity.</summary>
    public static ReferenceReplica Mean(IReadOnlyList<ReferenceReplica> replicas)
    {
        var sum = Sum([.. replicas.Select(r => r.Vector)]);
        return new ReferenceReplica(replicas[0]._job, [.. sum.Select(x => x / replicas.Count)], new float[sum.Length]);

        static float[] Sum(float[][] vectors) => vectors.Length == 1
            ? vectors[0]
            : [.. Sum(vectors[..LeftSize(vectors.Length)]).Zip(Sum(vectors[LeftSize(vectors.Length)..]), (a, b) => a + b)];
    }

    public ReferenceReplica Copy(bool withVelocity) =>
        new(_job, [.. Vector], withVelocity ? [.. Velocity] : new float[Velocity.Length]);

    /// <summary>Takes another replica's weights and keeps its own velocity.</summary>
    public void Take(ReferenceReplica other) => other.Vector.CopyTo(Vector, 0);

    /// <summary>An update by what the ranks of the replica push.</summary>
    /// <param name="pushed">By rank.</param>
    /// <param name="examples">By rank.</param>
    /// <param name="rate">The step's rate.</param>
    /// <param name="options">Momentum and decay; null: the job's optimizer's.</param>
    public void Step(IReadOnlyList<float[]> pushed, IReadOnlyList<int> examples, double rate, OptionValues? options = null)
    {
        var (sum, count) = Sum(pushed, examples, 0, pushed.Count);
        foreach (var segment in _job.Layout.Segments)
        {
            if (segment.IsBuffer)
                Average(segment, sum, count, _job.Job.Spec.BatchNorm.Momentum);
            else
                Descend(segment, sum, (float)rate, options ?? _job.Job.Spec.Optimizer.Options);
        }
    }

    /// <summary>The pushed moments become the statistics; nothing else changes.</summary>
    public void TakeStatistics(IReadOnlyList<float[]> pushed, IReadOnlyList<int> examples)
    {
        var (sum, count) = Sum(pushed, examples, 0, pushed.Count);
        foreach (var segment in _job.Layout.Segments.Where(s => s.IsBuffer))
            Average(segment, sum, count, momentum: 1);
    }

    /// <summary>The left-complete tree: the left half is the largest power of two below the number of ranks.</summary>
    private static int LeftSize(int ranks)
    {
        var half = 1;
        while (half * 2 < ranks)
            half *= 2;
        return half;
    }

    private void Descend(Segment segment, float[] sum, float rate, OptionValues options)
    {
        var momentum = (float)options.Number("momentum");
        // Biases and normalizations are not decayed by default.
        var decay = segment.Kind == SegmentKind.Weight ? (float)options.Number("weightDecay") : 0;
        for (var i = segment.Offset; i < segment.End; i++)
        {
            Velocity[i] = (Velocity[i] * momentum) + (sum[i] + (Vector[i] * decay));
            Vector[i] -= Velocity[i] * rate;
        }
    }

    private void Average(Segment segment, float[] sum, long count, double momentum)
    {
        var running = Vector.AsSpan(segment.Offset, segment.Length);
        var next = new float[segment.Length];
        Moments.Average(running, sum.AsSpan(segment.Offset, segment.Length), next, count * segment.PositionsPerExample, momentum);
        next.CopyTo(running);
    }

    private (float[] Values, long Examples) Sum(IReadOnlyList<float[]> pushed, IReadOnlyList<int> examples, int first, int ranks)
    {
        if (ranks == 1)
            return ([.. pushed[first]], examples[first]);
        var half = LeftSize(ranks);
        var (left, leftExamples) = Sum(pushed, examples, first, half);
        var (right, rightExamples) = Sum(pushed, examples, first + half, ranks - half);
        foreach (var segment in _job.Layout.Segments)
        {
            var a = left.AsSpan(segment.Offset, segment.Length);
            var b = right.AsSpan(segment.Offset, segment.Length);
            if (segment.IsBuffer)
            {
                Moments.Merge(a, leftExamples * segment.PositionsPerExample, b, rightExamples * segment.PositionsPerExample);
                continue;
            }

            for (var i = 0; i < a.Length; i++)
                a[i] += b[i];
        }

        return (left, leftExamples + rightExamples);
    }
}
