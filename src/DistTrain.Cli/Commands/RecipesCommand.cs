using System.CommandLine;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Recipes.Named;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain recipes</c>: the named settings that a job file may be laid over, in full.</summary>
internal static class RecipesCommand
{
    private static readonly Argument<string?> Name = CreateName();

    public static Command Create() => new Command("recipes", "List the named recipes: what each is for, its paper, and everything that it sets.") { Name }.Does(RunAsync);

    private static Task<int> RunAsync(CommandContext context)
    {
        foreach (var recipe in NamedRecipe.All.Where(r => (context.GetOrDefault(Name) ?? r.Name) == r.Name))
        {
            var text = string.Join(Environment.NewLine, [recipe.Name, $"  {recipe.Summary}", $"  Source: {recipe.Source}", .. recipe.SpecText.Split('\n').Select(line => $"    {line}"), ""]);
            context.Print(new RecipeEvent(recipe.Name, recipe.Summary, recipe.Source, recipe.SpecText), text);
        }

        return Task.FromResult(ExitCode.Done);
    }

    private static Argument<string?> CreateName()
    {
        var name = new Argument<string?>("name") { Description = "One recipe; without it, all.", Arity = ArgumentArity.ZeroOrOne };
        name.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var given }] && !NamedRecipe.Names.Contains(given))
                result.AddError($"'{given}' is not the name of a recipe; use one of {string.Join(", ", NamedRecipe.Names)}");
        });
        return name;
    }
}
