using DistTrain.Optimization.Randomness;

namespace DistTrain.Cli.Chaos;

/// <summary>
/// The faults of a run: a pure function of seed, size of the cluster and length of the job. They are due at steps, not at times, so that a seed
/// means the same on a slow machine.
/// </summary>
/// <param name="Silos">Worker silos, at least 1.</param>
/// <param name="Servers">Parameter servers, at least 1.</param>
/// <param name="Kills">SIGKILLs that hit a training job.</param>
/// <param name="EverySteps">Interval of the job's checkpoints, at least 1.</param>
/// <param name="Keep">How many checkpoints stay; from 2 on the newest may be damaged.</param>
internal sealed record FaultPlan(int Silos, int Servers, int Kills, int EverySteps, int Keep)
{
    /// <summary>A fault is over when this many steps were committed after it: the open step may have been whole already when it struck.</summary>
    public const int StepsToRecover = 3;

    /// <summary>Fewest steps of a job in which every fault finds training that goes on.</summary>
    public long FewestSteps => (2L * StepsToRecover * MostFaults) + 10;

    // As many others as kills at most.
    private int MostFaults => 2 * Kills;

    /// <summary>The faults in order.</summary>
    /// <param name="seed">Any.</param>
    /// <param name="steps">Steps of the job, at least <see cref="FewestSteps"/>.</param>
    public IReadOnlyList<Fault> Of(int seed, long steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, FewestSteps);
        var random = new CounterRandom(seed, Draw.Faults);
        // The end of the job stays free, so that what came late is still waited for; and the beginning, in which nothing has happened yet.
        var (first, last) = (2, steps * 17 / 20);
        var faults = Victims(ref random).Select(target => new Fault(0, FaultKind.Kill, target)).ToList();
        var others = Math.Max(1, Kills / 2) + random.NextBelow((Kills / 2) + 1);
        List<FaultKind?> kinds = [];
        while (faults.Count < Kills + others)
        {
            if (kinds.Count == 0)
                Shuffle(kinds = Others(last), ref random);
            // Null: a second kill on top of another; it strikes another process.
            faults.Add(kinds[^1] is { } kind ? Other(kind, ref random) : OnTop(ref random));
            kinds.RemoveAt(kinds.Count - 1);
        }

        Shuffle(faults, ref random);
        for (var i = 0; i < faults.Count; i++)
        {
            var step = first + (long)((last - first) * (i + random.NextDouble()) / faults.Count);
            // Two checkpoints must be there when one of them is damaged.
            faults[i] = faults[i] with { Step = faults[i].Kind == FaultKind.Damage ? Math.Max(step, SafeToDamage) : step };
        }

        faults = [.. faults.OrderBy(f => f.Step)];
        // What strikes on top needs something to strike on top of.
        faults[0] = faults[0] with { OnTopAfter = null };
        return faults;
    }

    private long SafeToDamage => (3L * EverySteps) + 1;

    private List<FaultKind?> Others(long last) =>
    [
        FaultKind.Stop, FaultKind.Cut, FaultKind.Delay, FaultKind.Silence, FaultKind.Disk, null,
        .. Keep > 1 && SafeToDamage <= last ? [FaultKind.Damage] : Array.Empty<FaultKind?>(),
    ];

    /// <summary>All processes in turn, in another order each time; of two kills one is a server's.</summary>
    private List<FaultTarget> Victims(ref CounterRandom random)
    {
        List<FaultTarget> all = [.. Range(true), .. Range(false)];
        List<FaultTarget> victims = [];
        while (victims.Count < Kills)
        {
            Shuffle(all, ref random);
            victims.AddRange(all.Take(Kills - victims.Count));
        }

        if (Kills > 1 && victims.TrueForAll(v => v.IsServer == victims[0].IsServer))
            victims[0] = Any(!victims[0].IsServer, ref random);
        return victims;
    }

    private Fault Other(FaultKind kind, ref CounterRandom random)
    {
        var target = Any(kind != FaultKind.Stop || random.NextBelow(3) == 0, ref random);
        var (share, place) = (random.NextDouble(), random.NextDouble());
        return new Fault(0, kind, target)
        {
            Seconds = kind switch
            {
                FaultKind.Stop => 4 + (8 * share),
                FaultKind.Silence => 2 + (6 * share),
                FaultKind.Delay => 3 + (5 * share),
                FaultKind.Disk => 30,
                _ => 0,
            },
            // At least one save falls into it.
            Steps = kind == FaultKind.Disk ? EverySteps + (long)(EverySteps * share) : 0,
            Milliseconds = kind == FaultKind.Delay ? 20 + (int)(130 * place) : 0,
            Harm = kind == FaultKind.Damage ? (Harm)random.NextBelow(3) : default,
            Place = kind == FaultKind.Damage ? place : 0,
        };
    }

    private Fault OnTop(ref CounterRandom random) =>
        new(0, FaultKind.Kill, Any(random.NextBelow(2) == 0, ref random)) { OnTopAfter = 3 * random.NextDouble() };

    private FaultTarget Any(bool isServer, ref CounterRandom random) => new(isServer, random.NextBelow(isServer ? Servers : Silos));

    private IEnumerable<FaultTarget> Range(bool isServer) => Enumerable.Range(0, isServer ? Servers : Silos).Select(i => new FaultTarget(isServer, i));

    private static void Shuffle<T>(List<T> items, ref CounterRandom random)
    {
        for (var i = items.Count - 1; i > 0; i--)
        {
            var other = random.NextBelow(i + 1);
            (items[i], items[other]) = (items[other], items[i]);
        }
    }
}
