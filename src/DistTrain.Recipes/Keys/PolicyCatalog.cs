using DistTrain.Optimization.Averaging;
using DistTrain.Optimization.Batches;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Options;
using DistTrain.Optimization.Schedules;

namespace DistTrain.Recipes.Keys;

/// <summary>The policies of one kind, as far as a job file is concerned.</summary>
/// <param name="Word">What they are: "optimizer".</param>
/// <param name="Default">Name of the one taken when the job names none.</param>
/// <param name="Policies">All, in order of name.</param>
internal sealed record PolicyCatalog(string Word, string Default, IReadOnlyList<Policy> Policies)
{
    public static PolicyCatalog Optimizers { get; } =
        new("optimizer", "momentum", [.. OptimizerCatalog.All.Select(d => new Policy(d.Name, d.Summary, d.Source, d.Options))]);

    public static PolicyCatalog Schedules { get; } =
        new("schedule", "constant", [.. ScheduleCatalog.All.Select(d => new Policy(d.Name, d.Summary, d.Source, d.Options))]);

    public static PolicyCatalog Averagings { get; } =
        new("averaging", NoAveraging.PolicyName, [.. AveragingCatalog.All.Select(d => new Policy(d.Name, d.Summary, d.Source, d.Options))]);

    /// <summary>No default: without one of them the batch is a number.</summary>
    public static PolicyCatalog Batches { get; } =
        new("batch policy", "", [.. BatchCatalog.All.Select(d => new Policy(d.Name, d.Summary, d.Source, d.Options))]);

    public IReadOnlyList<string> Names { get; } = [.. Policies.Select(p => p.Name)];

    /// <summary>The word with its article: "an optimizer".</summary>
    public string Noun => (Word[0] is 'a' or 'e' or 'i' or 'o' or 'u' ? "an " : "a ") + Word;

    public Policy this[string name] => Policies.First(p => p.Name == name);
}

/// <summary>A policy's documentation and options, copied from its definition.</summary>
internal sealed record Policy(string Name, string Summary, string Source, IReadOnlyList<Option> Options);
