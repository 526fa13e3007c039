using DistTrain.Protocol;

namespace DistTrain.ParameterServer.Tests.Fixtures;

/// <summary>All ranks of a job, each going its own way at its own pace.</summary>
public sealed class Cohort : IAsyncDisposable
{
    private readonly TinyJob _job;

    private Cohort(TinyJob job, IReadOnlyList<Trainee> ranks) => (_job, Ranks) = (job, ranks);

    public IReadOnlyList<Trainee> Ranks { get; }

    /// <param name="job">The job, opened.</param>
    /// <param name="make">Makes a rank; null: one that is never cut.</param>
    public static async Task<Cohort> AttachAsync(TinyJob job, Func<int, Trainee>? make = null)
    {
        var cohort = new Cohort(job, [.. Enumerable.Range(0, job.Workers).Select(rank => make?.Invoke(rank) ?? new Trainee(job, rank))]);
        foreach (var rank in cohort.Ranks)
            await rank.AttachAsync();
        return cohort;
    }

    public Task TrainAsync(Func<VersionHead, bool>? until = null) => Task.WhenAll(Ranks.Select(r => r.TrainAsync(until)));

    /// <summary>What each rank pushed at a version.</summary>
    public IReadOnlyList<float[]> Gradients(long version) => [.. Ranks.Select(r => Trainee.Gradient(r.Versions[version].Head, r.Rank))];

    /// <summary>Examples behind it.</summary>
    public IReadOnlyList<int> Examples(long version) => [.. Ranks.Select(r => Trainee.Examples(_job, r.Versions[version].Head, r.Rank))];

    /// <summary>Every rank must hold the same version, with these bits.</summary>
    public void Check(long version, float[] expected)
    {
        foreach (var rank in Ranks)
            SameBits.Check(expected, rank.Versions[version].Vector);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var rank in Ranks)
            await rank.DisposeAsync();
    }
}
