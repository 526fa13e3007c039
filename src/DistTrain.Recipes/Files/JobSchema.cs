using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Files;

/// <summary>
/// Job and probe files as schemas, from the tables that reading goes by. They have no defaults: one that is filled in before the file is read would stand above
/// what <c>recipe</c> says. Sections are open: a key that the table does not have is told to its author with the nearest name, not dropped.
/// </summary>
public static class JobSchema
{
    /// <summary>Of <c>spec</c>.</summary>
    public static ValueSchema Spec { get; } = Of(JobKeys.Spec, JobKeys.All);

    /// <summary>Of a probe's <c>spec</c>.</summary>
    public static ValueSchema ProbeSpec { get; } = Of(ProbeKeys.Spec, ProbeKeys.All);

    /// <summary>Of <c>metadata.name</c>.</summary>
    public static ValueSchema Name { get; } = Of(JobKeys.Name, JobKeys.All);

    /// <summary>Of <c>apiVersion</c>: group and version.</summary>
    public static string ApiVersion => JobKeys.ApiVersion;

    /// <summary>Of <c>kind</c>.</summary>
    public static string Kind => JobKeys.Kind;

    /// <summary>Of a probe's <c>kind</c>.</summary>
    public static string ProbeKind => ProbeKeys.Kind;

    private static ValueSchema Of(JobKey key, IReadOnlyList<JobKey> table)
    {
        var own = key.Rule.Schema;
        return own with
        {
            Description = key.DefaultText.Length == 0 ? key.Meaning : $"{key.Meaning}. Allowed: {key.Rule.Text}. Default: {key.DefaultText}.",
            Properties = key.Rule is SectionRule
                ? [.. table.Where(inner => inner.Section == key.Path).Select(inner => (inner.Name, Of(inner, table))), .. own.Properties]
                : own.Properties,
        };
    }
}
