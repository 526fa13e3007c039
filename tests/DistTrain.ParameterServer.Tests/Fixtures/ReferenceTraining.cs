using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Parameters;

namespace DistTrain.ParameterServer.Tests.Fixtures;

/// <summary>
/// The same training in one place, element by element: gradients added in rank-tree order, then
/// v = momentum·v + (g + weightDecay·w), w = w − lr·v, all in float32.
/// </summary>
public sealed class ReferenceTraining
{
    private readonly TinyJob _job;

    public ReferenceTraining(TinyJob job)
    {
        _job = job;
        Vector = new float[job.Layout.Length];
        Velocity = new float[job.Layout.Length];
        VersionZero.Fill(job.Layout, job.Job.Spec.Seed, 0, Vector);
    }

    public float[] Vector { get; }

    public float[] Velocity { get; }

    /// <summary>The version after <paramref name="steps"/> steps.</summary>
    public static ReferenceTraining After(TinyJob job, long steps)
    {
        var reference = new ReferenceTraining(job);
        for (var step = 0L; step < steps; step++)
            reference.Step(step);
        return reference;
    }

    public void Step(long step, IReadOnlyList<int>? examples = null)
    {
        var (sum, count) = Sum(step, 0, _job.Workers, examples ?? _job.Shares());
        foreach (var segment in _job.Layout.Segments)
        {
            if (segment.IsBuffer)
                Average(segment, sum, count);
            else
                Descend(segment, sum);
        }
    }

    private void Descend(Segment segment, float[] sum)
    {
        var options = _job.Job.Spec.Optimizer.Options;
        var (rate, momentum) = ((float)options.Number("lr"), (float)options.Number("momentum"));
        // Biases and normalizations are not decayed by default.
        var decay = segment.Kind == SegmentKind.Weight ? (float)options.Number("weightDecay") : 0;
        for (var i = segment.Offset; i < segment.End; i++)
        {
            Velocity[i] = (Velocity[i] * momentum) + (sum[i] + (Vector[i] * decay));
            Vector[i] -= Velocity[i] * rate;
        }
    }

    private void Average(Segment segment, float[] sum, long count)
    {
        var running = Vector.AsSpan(segment.Offset, segment.Length);
        var next = new float[segment.Length];
        Moments.Average(running, sum.AsSpan(segment.Offset, segment.Length), next, count * segment.PositionsPerExample, _job.Job.Spec.BatchNorm.Momentum);
        next.CopyTo(running);
    }

    /// <summary>The left-complete tree: the left half is the largest power of two below the number of ranks.</summary>
    private (float[] Values, long Examples) Sum(long step, int first, int ranks, IReadOnlyList<int> examples)
    {
        if (ranks == 1)
            return (TinyModel.Gradient(step, first), examples[first]);
        var half = 1;
        while (half * 2 < ranks)
            half *= 2;
        var (left, leftExamples) = Sum(step, first, half, examples);
        var (right, rightExamples) = Sum(step, first + half, ranks - half, examples);
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
