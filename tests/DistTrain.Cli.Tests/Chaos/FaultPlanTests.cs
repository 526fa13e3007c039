using DistTrain.Cli.Chaos;

namespace DistTrain.Cli.Tests.Chaos;

[Trait("Kind", "Fast")]
public class FaultPlanTests
{
    private const long Steps = 400;

    private static readonly FaultPlan Usual = new(Silos: 3, Servers: 2, Kills: 4, EverySteps: 10, Keep: 3);

    [Fact]
    public void A_seed_means_the_same_faults_for_ever() => Assert.Equal(
        [
            "@48 kill of silo-0", "@93 kill of silo-2", "@134 kill of server-1", "@176 silence of server-1 for 6.6 s", "@267 cut of server-0",
            "@333 kill of silo-1",
        ],
        Usual.Of(1, Steps).Select(f => $"@{f.Step} {f}"));

    [Fact]
    public void Other_seeds_are_other_faults() =>
        Assert.Equal(200, Enumerable.Range(0, 200).Select(seed => string.Join('|', Usual.Of(seed, Steps).Select(f => $"@{f.Step} {f}"))).Distinct().Count());

    [Theory]
    [InlineData(3, 2, 4, 10, 3, 400)]
    [InlineData(3, 2, 1, 10, 3, 22)]
    [InlineData(1, 1, 2, 10, 3, 34)]
    [InlineData(3, 2, 10, 10, 3, 130)]
    [InlineData(7, 3, 40, 10, 3, 5000)]
    [InlineData(3, 2, 4, 50, 1, 400)]
    public void Every_plan_keeps_the_rules(int silos, int servers, int planned, int everySteps, int keep, long steps)
    {
        var plan = new FaultPlan(silos, servers, planned, everySteps, keep);
        for (var seed = 0; seed < 500; seed++)
        {
            var faults = plan.Of(seed, steps);
            var kills = faults.Where(f => f.Kind == FaultKind.Kill).ToList();

            Assert.Equal(faults, plan.Of(seed, steps));
            Assert.InRange(kills.Count, plan.Kills, faults.Count);
            Assert.InRange(faults.Count, plan.Kills + 1, 2 * Math.Max(plan.Kills, 1));
            if (plan.Kills > 1)
                Assert.Equal([false, true], kills.Select(f => f.Target.IsServer).Distinct().Order());
            Assert.Equal(faults.OrderBy(f => f.Step), faults);
            Assert.All(faults, f => Assert.InRange(f.Step, 2, steps * 17 / 20));
            Assert.All(faults, f => Assert.InRange(f.Target.Index, 0, (f.Target.IsServer ? plan.Servers : plan.Silos) - 1));
            Assert.Null(faults[0].OnTopAfter);
            Assert.All(faults.Where(f => f.Kind is not (FaultKind.Kill or FaultKind.Stop)), f => Assert.True(f.Target.IsServer));
            // One checkpoint must stay when the newest is damaged.
            Assert.All(faults.Where(f => f.Kind == FaultKind.Damage), f => Assert.True(plan.Keep > 1 && f.Step > 2 * plan.EverySteps));
        }
    }

    [Fact]
    public void Seeds_together_bring_every_kind_of_fault_on_both_roles()
    {
        var all = Enumerable.Range(0, 100).SelectMany(seed => Usual.Of(seed, Steps)).ToList();

        Assert.Equal(Enum.GetValues<FaultKind>(), all.Select(f => f.Kind).Distinct().Order());
        Assert.Equal(Enum.GetValues<Harm>(), all.Where(f => f.Kind == FaultKind.Damage).Select(f => f.Harm).Distinct().Order());
        Assert.Contains(all, f => f.OnTopAfter is not null);
        foreach (var kind in (FaultKind[])[FaultKind.Kill, FaultKind.Stop])
            Assert.Equal(5, all.Where(f => f.Kind == kind).Select(f => f.Target).Distinct().Count());
        // Some silos are declared dead while they are stopped, some are not.
        Assert.Contains(all, f => f.Kind == FaultKind.Stop && f.Seconds > 10);
        Assert.Contains(all, f => f.Kind == FaultKind.Stop && f.Seconds < 6);
    }

    [Fact]
    public void A_job_that_is_too_short_for_its_faults_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Usual.Of(1, Usual.FewestSteps - 1));
}
