namespace DistTrain.ParameterServer.Tests.Fixtures;

/// <summary>The same synchronous training in one place: <see cref="ReferenceReplica"/> under <see cref="TinyModel.Gradient"/>, at the job's rate throughout.</summary>
public sealed class ReferenceTraining(TinyJob job)
{
    private readonly ReferenceReplica _replica = ReferenceReplica.Start(job);

    public float[] Vector => _replica.Vector;

    public float[] Velocity => _replica.Velocity;

    /// <summary>The version after <paramref name="steps"/> steps.</summary>
    public static ReferenceTraining After(TinyJob job, long steps)
    {
        var reference = new ReferenceTraining(job);
        for (var step = 0L; step < steps; step++)
            reference.Step(step);
        return reference;
    }

    public void Step(long step, IReadOnlyList<int>? examples = null) => _replica.Step(
        [.. Enumerable.Range(0, job.Workers).Select(rank => TinyModel.Gradient(step, rank))],
        examples ?? job.Shares(),
        job.Job.Spec.Optimizer.Options.Number("lr"));
}
