using DistTrain.Optimization.Options;

namespace DistTrain.Recipes.Keys;

/// <summary>
/// One key of the job file. Reading, writing and the printed reference all go by it, so that none can drift from the others.
/// </summary>
/// <param name="Path">Full dotted path; in a layer, the option's name.</param>
/// <param name="Rule">What it may hold.</param>
/// <param name="Default">Value when the key is absent, typed as the rule reads it; null when there is none or it depends.</param>
/// <param name="Description">One clause: meaning and unit.</param>
internal sealed record JobKey(string Path, ValueRule Rule, object? Default, string Description)
{
    private readonly string? _defaultText;

    /// <summary>Last part of the path.</summary>
    public string Name { get; } = Path[(Path.LastIndexOf('.') + 1)..];

    /// <summary>Path of the section it stands in; empty at the top.</summary>
    public string Section { get; } = Path.Contains('.', StringComparison.Ordinal) ? Path[..Path.LastIndexOf('.')] : "";

    /// <summary>The default in words, as printed. Set where it depends on other keys.</summary>
    public string DefaultText
    {
        get => _defaultText ?? (Default is null ? "required" : ValueText.Of(Default));
        init => _defaultText = value;
    }

    /// <summary>True when the key must be given.</summary>
    public bool IsRequired => Default is null && _defaultText is null;

    /// <summary>False where another value gives the same weights: such a key may change when a job goes on.</summary>
    public bool DecidesBits { get; init; } = true;

    /// <summary>In which jobs a key that usually does not decide bits does.</summary>
    public Func<TrainingJob, bool> DecidesBitsOf { get; init; } = _ => false;

    /// <summary>When the key has no effect, or null.</summary>
    public string? IgnoredWhen { get; init; }

    /// <summary>The description, and when the key has no effect.</summary>
    public string Meaning => IgnoredWhen is null ? Description : $"{Description}; ignored when {IgnoredWhen}";

    /// <summary>The key's value in a resolved job; null when the job has none, so that it is not written.</summary>
    public Func<TrainingJob, object?> ValueIn { get; init; } = _ => null;

    /// <summary>What follows from a section's keys in a resolved job; written as a comment below them. Null for nothing.</summary>
    public Func<TrainingJob, string?> NoteIn { get; init; } = _ => null;

    /// <summary>The key of an option of a policy or layer; with no section, the path is the option's name.</summary>
    public static JobKey Of(string section, Option option) =>
        new(section.Length == 0 ? option.Name : $"{section}.{option.Name}", ValueRule.Of(option), option.Default, option.Description) { IgnoredWhen = option.IgnoredWhen };

    /// <summary>A key with keys below it.</summary>
    public static JobKey SectionOf(string path, string description) =>
        new(path, new SectionRule(), null, description) { DefaultText = "" };

    /// <summary>A number that is described like a policy's option.</summary>
    public static JobKey NumberOf(string section, Option option, Func<TrainingJob, double> value) =>
        Of(section, option) with { ValueIn = j => value(j) };
}
