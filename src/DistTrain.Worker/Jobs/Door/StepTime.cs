using DistTrain.Protocol;
using DistTrain.Worker.Jobs.Driving;
using DistTrain.Worker.Ranks;

namespace DistTrain.Worker.Jobs.Door;

/// <summary>Where a step's time goes by rank, and what a step that hangs waits for: from what the ranks said at the last look at their job.</summary>
internal static class StepTime
{
    /// <summary>From this on a step hangs; a look comes each second.</summary>
    internal const double LongSeconds = 3;

    /// <summary>A rank is slow whose own work takes so many times that of the rank in the middle.</summary>
    private const double Slow = 1.2;

    /// <summary>Both of a job; nothing of one that does not train.</summary>
    public static RankTimings Of(JobDescription job)
    {
        IReadOnlyList<RankProgress?> ranks = job.Phase == JobPhase.Running ? job.Ranks ?? [] : [];
        return new RankTimings { Ranks = { Rows(ranks) }, Hangs = Hangs(ranks) ?? string.Empty };
    }

    /// <summary>Each rank's part of a step; empty where none has made one.</summary>
    public static IReadOnlyList<RankTiming> Rows(IReadOnlyList<RankProgress?> ranks)
    {
        List<RankTime> measured = [.. ranks.Select(rank => rank?.Time).OfType<RankTime>().Where(time => time.Compute > 0)];
        if (measured.Count == 0)
            return [];
        var (update, middle) = (measured.Min(time => time.Wait), measured.Select(Own).Order().ElementAt((measured.Count - 1) / 2));
        return [.. ranks.Index().Select(rank => RowOf(rank.Index, rank.Item, update, middle))];
    }

    /// <summary>What the open step waits for, in words; null: it goes on, or nobody can say.</summary>
    public static string? Hangs(IReadOnlyList<RankProgress?> ranks)
    {
        List<string> lost = [.. ranks.Index().Where(rank => rank.Item is null).Select(rank => $"rank {rank.Index}, whose silo does not answer")];
        if (lost.Count > 0)
            return string.Join("; ", lost);
        if (ranks.Count == 0 || ranks.Any(rank => rank!.State != RankState.Running || rank.Time is null))
            return null;
        // A rank that waits has given what it has. Without the shortest wait a step that is about to close would count.
        List<(int Index, RankProgress? Item)> busy = [.. ranks.Index().Where(rank => rank.Item!.Time!.Stage != RankStage.Wait)];
        var since = ranks.Where(rank => rank!.Time!.Stage == RankStage.Wait).Select(rank => rank!.Time!.StageSeconds).ToList();
        if (busy.Count == 0)
            return since.Min() >= LongSeconds ? $"the servers, which have every rank's gradient since {since.Min():0} s: sums, the update, or a checkpoint" : null;
        return busy.Min(rank => rank.Item!.Time!.StageSeconds) >= LongSeconds
            ? string.Join("; ", busy.Select(rank => $"rank {rank.Index}, which {Does(rank.Item!.Time!.Stage)} since {rank.Item.Time.StageSeconds:0} s at {EndpointOf(rank.Item.Silo)}"))
            : null;
    }

    /// <summary>Of a silo's address, which is S, its endpoint, and when it was started.</summary>
    public static string EndpointOf(string silo) => silo.LastIndexOf(':') is > 0 and var end ? silo[..end].TrimStart('S') : silo;

    private static double Own(RankTime time) => time.Compute + time.Push;

    private static RankTiming RowOf(int number, RankProgress? rank, double update, double middle) => rank?.Time is { } time
        ? new RankTiming
        {
            Rank = number,
            Silo = EndpointOf(rank.Silo),
            Compute = time.Compute,
            Push = time.Push,
            Wait = Math.Max(0, time.Wait - update),
            Update = update,
            Pull = time.Pull,
            IsSlow = Own(time) > Slow * middle,
        }
        : new RankTiming { Rank = number };

    private static string Does(RankStage stage) => stage switch
    {
        RankStage.Compute => "computes",
        RankStage.Push => "pushes",
        _ => "reads data, evaluates or joins its servers",
    };
}
