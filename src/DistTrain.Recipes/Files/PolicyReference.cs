using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Files;

/// <summary>The optimizers and schedules with everything documented about them, from the tables that reading goes by.</summary>
public static class PolicyReference
{
    public static IReadOnlyList<PolicyEntry> Optimizers { get; } = Entries(PolicyCatalog.Optimizers);

    public static IReadOnlyList<PolicyEntry> Schedules { get; } = Entries(PolicyCatalog.Schedules);

    private static IReadOnlyList<PolicyEntry> Entries(PolicyCatalog catalog) =>
        [.. catalog.Policies.Select(policy => new PolicyEntry(policy.Name, policy.Summary, policy.Source, [.. policy.Options.Select(o => Entry(JobKey.Of("", o)))]))];

    private static OptionEntry Entry(JobKey key) => new(key.Name, key.DefaultText, key.Rule.Text, key.Meaning);
}

/// <param name="Name">Name in the job file.</param>
/// <param name="Summary">The rule and when to choose it.</param>
/// <param name="Source">Where the formula comes from.</param>
/// <param name="Options">All, in order.</param>
public sealed record PolicyEntry(string Name, string Summary, string Source, IReadOnlyList<OptionEntry> Options);

/// <param name="Name">Key in the job file.</param>
/// <param name="Default">As it stands there; "required" when there is none.</param>
/// <param name="Allowed">The allowed values in words.</param>
/// <param name="Meaning">What it does, its unit, and when it is ignored.</param>
public sealed record OptionEntry(string Name, string Default, string Allowed, string Meaning);
