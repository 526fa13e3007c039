using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Recipes.Files;

namespace DistTrain.Cli.Tests.Commands;

[Trait("Kind", "Fast")]
public class PoliciesCommandTests
{
    [Fact]
    public async Task All_optimizers_and_schedules_are_listed_with_every_option()
    {
        foreach (var (command, policies) in new[] { ("optimizers", PolicyReference.Optimizers), ("schedules", PolicyReference.Schedules) })
        {
            var (code, text, _) = await Contexts.RunAsync(command);
            var (_, json, _) = await Contexts.RunAsync(command, "--output", "json");

            Assert.Equal(ExitCode.Done, code);
            Assert.Equal(policies.Select(policy => policy.Name), text.Where(line => !line.StartsWith(' ')));
            Assert.Equal(policies.Sum(policy => policy.Options.Count), text.Count(line => line.StartsWith("    ", StringComparison.Ordinal) && !line.StartsWith("    option ", StringComparison.Ordinal)));
            Assert.Equal(
                policies.SelectMany(policy => policy.Options.Select(option => $"{policy.Name}.{option.Name}")),
                json.Select(OutputJson.Read).Cast<PolicyEvent>().SelectMany(policy => policy.Options.Select(option => $"{policy.Name}.{option.Name}")));
        }
    }

    [Fact]
    public async Task One_is_shown_alone()
    {
        var (_, output, _) = await Contexts.RunAsync("schedules", "multi-step");
        Assert.Equal("multi-step", output[0]);
        Assert.Matches("^    milestones +required +a list of ascending numbers above 0 +where the rate is decreased", output[4]);
        Assert.Single(output, line => !line.StartsWith(' '));
    }

    [Fact]
    public async Task An_unknown_name_is_refused_with_those_there_are()
    {
        var (code, _, error) = await Contexts.RunAsync("schedules", "cosin");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.StartsWith("error: 'cosin' is not the name of a schedule; use one of constant, cosine, ", error[0], StringComparison.Ordinal);
    }
}
