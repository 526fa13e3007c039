using System.CommandLine;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Recipes.Files;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain optimizers</c> and <c>disttrain schedules</c>: what a job file may name, with all options.</summary>
internal static class PoliciesCommand
{
    public static Command Optimizers() => Create("optimizer", PolicyReference.Optimizers);

    public static Command Schedules() => Create("schedule", PolicyReference.Schedules);

    private static Command Create(string kind, IReadOnlyList<PolicyEntry> policies)
    {
        var name = new Argument<string?>("name") { Description = $"One {kind}; without it, all.", Arity = ArgumentArity.ZeroOrOne };
        name.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var given }] && policies.All(policy => policy.Name != given))
                result.AddError($"'{given}' is not the name of a {kind}; use one of {string.Join(", ", policies.Select(policy => policy.Name))}");
        });
        return new Command($"{kind}s", $"List the {kind}s: rule, source, and every option with its default, range and meaning.") { name }.Does(context =>
        {
            foreach (var policy in policies.Where(policy => (context.GetOrDefault(name) ?? policy.Name) == policy.Name))
                context.Print(Event(kind, policy), Text(policy));
            return Task.FromResult(ExitCode.Done);
        });
    }

    private static PolicyEvent Event(string kind, PolicyEntry policy) => new(
        kind, policy.Name, policy.Summary, policy.Source, [.. policy.Options.Select(o => new PolicyOption(o.Name, o.Default, o.Allowed, o.Meaning))]);

    private static string Text(PolicyEntry policy)
    {
        string[] head = [policy.Name, $"  {policy.Summary}", $"  Source: {policy.Source}"];
        string[][] rows = [["option", "default", "allowed", "meaning"], .. policy.Options.Select(o => new[] { o.Name, o.Default, o.Allowed, o.Meaning })];
        var widths = Enumerable.Range(0, 3).Select(column => rows.Max(row => row[column].Length)).ToArray();
        var table = policy.Options.Count == 0 ? [] : rows.Select(row =>
            $"    {row[0].PadRight(widths[0])}  {row[1].PadRight(widths[1])}  {row[2].PadRight(widths[2])}  {row[3]}");
        return string.Join(Environment.NewLine, [.. head, .. table, ""]);
    }
}
