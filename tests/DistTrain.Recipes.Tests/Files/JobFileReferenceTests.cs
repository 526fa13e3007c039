using DistTrain.Recipes.Files;
using DistTrain.Recipes.Keys;

namespace DistTrain.Recipes.Tests.Files;

[Trait("Kind", "Fast")]
public sealed class JobFileReferenceTests
{
    /// <summary>With this variable set to 1 the test writes the page instead of comparing it.</summary>
    private const string WriteVariable = "DISTTRAIN_WRITE_DOCS";

    [Fact]
    public void The_page_in_docs_is_the_one_the_tables_give()
    {
        var page = Repository.PathOf("docs/job-file.md");
        var text = JobFileReference.Markdown();
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(page)!);
            File.WriteAllText(page, text);
        }

        Assert.True(
            File.Exists(page) && File.ReadAllText(page) == text,
            $"docs/job-file.md is out of date; renew it with: {WriteVariable}=1 dotnet test tests/DistTrain.Recipes.Tests");
    }

    [Fact]
    public void Every_key_option_and_layer_is_on_it()
    {
        var text = JobFileReference.Markdown();
        var names = JobKeys.All.Select(k => k.Path)
            .Concat(PolicyCatalog.Optimizers.Policies.SelectMany(p => p.Options).Select(o => o.Name))
            .Concat(PolicyCatalog.Schedules.Policies.SelectMany(p => p.Options).Select(o => o.Name))
            .Concat(PolicyCatalog.Averagings.Policies.SelectMany(p => p.Options).Select(o => o.Name))
            .Concat(PolicyCatalog.Batches.Policies.SelectMany(p => p.Options).Select(o => o.Name))
            .Concat(LayerForms.Names);

        Assert.All(names, name => Assert.Contains($"| `{name}` |", text, StringComparison.Ordinal));
        Assert.All(PolicyCatalog.Optimizers.Names.Concat(PolicyCatalog.Schedules.Names), name => Assert.Contains($"### {name}\n", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_row_of_a_table_has_the_cells_of_its_head()
    {
        var cells = 0;
        foreach (var line in JobFileReference.Markdown().Split('\n'))
        {
            if (!line.StartsWith('|'))
                cells = 0;
            else if (cells == 0)
                cells = line.Split('|').Length;
            else
                Assert.Equal(cells, line.Replace("\\|", "", StringComparison.Ordinal).Split('|').Length);
        }
    }
}
