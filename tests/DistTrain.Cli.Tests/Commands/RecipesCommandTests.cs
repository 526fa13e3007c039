using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Cli.Tests.Doubles;
using DistTrain.Recipes.Files;
using DistTrain.Recipes.Named;

namespace DistTrain.Cli.Tests.Commands;

[Trait("Kind", "Fast")]
public class RecipesCommandTests
{
    [Fact]
    public async Task All_recipes_are_listed_in_full()
    {
        var (code, text, error) = await Contexts.RunAsync("recipes");

        Assert.Equal(ExitCode.Done, code);
        Assert.Empty(error);
        Assert.Equal(NamedRecipe.Names, text.Where(line => !line.StartsWith(' ')));
        foreach (var recipe in NamedRecipe.All)
        {
            var at = Array.IndexOf(text, recipe.Name);
            Assert.Equal([$"  {recipe.Summary}", $"  Source: {recipe.Source}"], text[(at + 1)..(at + 3)]);
            var lines = recipe.SpecText.Split('\n');
            Assert.Equal(lines.Select(line => $"    {line}"), text[(at + 3)..(at + 3 + lines.Length)]);
        }
    }

    [Fact]
    public async Task With_json_each_is_an_event_whose_spec_is_a_job()
    {
        var (_, json, _) = await Contexts.RunAsync("recipes", "--output", "json");
        var recipes = json.Select(OutputJson.Read).Cast<RecipeEvent>().ToList();

        Assert.Equal(NamedRecipe.All.Select(r => new RecipeEvent(r.Name, r.Summary, r.Source, r.SpecText)), recipes);
        Assert.All(recipes, r => Assert.Empty(JobFile.Read($"apiVersion: disttrain.dev/v1\nkind: TrainingJob\n{r.Spec}", r.Name, []).Problems));
    }

    [Fact]
    public async Task One_is_shown_alone()
    {
        var (_, output, _) = await Contexts.RunAsync("recipes", "goyal-1h");
        Assert.Equal("goyal-1h", output[0]);
        Assert.Single(output, line => !line.StartsWith(' '));
        Assert.Contains("      scaling: {rule: linear, referenceBatch: 256, warmupFrom: reference}", output);
    }

    [Fact]
    public async Task An_unknown_name_is_refused_with_those_there_are()
    {
        var (code, _, error) = await Contexts.RunAsync("recipes", "goyal");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Equal($"error: 'goyal' is not the name of a recipe; use one of {string.Join(", ", NamedRecipe.Names)}", error[0]);
    }
}
