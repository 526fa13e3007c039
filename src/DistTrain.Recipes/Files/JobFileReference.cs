using System.Text;
using DistTrain.Recipes.Documents;
using DistTrain.Recipes.Keys;
using DistTrain.Recipes.Named;

namespace DistTrain.Recipes.Files;

/// <summary>The printed reference of the job file, made from the tables that reading and writing go by.</summary>
public static class JobFileReference
{
    /// <summary>The reference as Markdown: <c>docs/job-file.md</c>.</summary>
    public static string Markdown()
    {
        var text = new StringBuilder();
        Introduction(text);
        Keys(text);
        Recipes(text);
        Policies(text, "Optimizers", PolicyCatalog.Optimizers);
        Policies(text, "Schedules", PolicyCatalog.Schedules);
        Policies(text, "Averaging", PolicyCatalog.Averagings);
        Policies(text, "Batch policies", PolicyCatalog.Batches);
        Layers(text);
        return text.ToString();
    }

    private static void Introduction(StringBuilder text)
    {
        var defaults = JobFile.Read(null, "defaults", []).Job!;
        text.Append($"""
            # The job file

            <!-- Generated from the tables in src/DistTrain.Recipes/Keys; to renew it:
                 DISTTRAIN_WRITE_DOCS=1 dotnet test tests/DistTrain.Recipes.Tests -->

            A job is YAML in the style of a Kubernetes object. Everything but `apiVersion` and `kind` may be left out and then takes
            its default; a key written as `null` counts as left out. What readers of YAML
            differ over is refused, with both readings: numbers that begin with 0, of base 60 or with `_` between digits, `yes`, `no`, `on`, `off`,
            `y`, `n`, dates, and `~`; in quotes they are text. This is the job that runs without a file, with everything said:

            ```yaml
            {JobFile.Write(defaults).TrimEnd()}
            ```

            `--set path=value` writes over the file, or over the defaults. Paths may leave out `spec.`; the value is YAML: `--set batch=512`,
            `--set metadata.name=trial-7`, `--set 'model.layers=[flatten, linear: 10]'`, `--set dataset.path=null`. Sections that are not
            there are made; of several for one path the last wins. Setting `steps` takes the file's `epochs` away, and the other way round.

            All mistakes are reported at once, each with its line, its path and what is allowed:

            ```text
            {Mistakes()}
            ```

            What is allowed but likely a mistake, such as milestones behind the end of the job, is a warning on standard error; the job runs.

            A file has at most {DocumentReader.MaximumBytes / 1024} KiB and one document; anchors, aliases, tags and keys given twice are refused. Numbers and flags
            stand without quotes.


            """);
    }

    /// <summary>Real output, so that the page cannot promise what the program does not say.</summary>
    private static string Mistakes()
    {
        const string Yaml = """
            apiVersion: disttrain.dev/v1
            kind: TrainingJob
            spec:
              worker: 8
              batch: 0
              optimizer:
                name: momentm
            """;
        return string.Join('\n', JobFile.Read(Yaml, "job.yaml", ["lr=0.1"]).Problems);
    }

    private static void Keys(StringBuilder text)
    {
        text.Append("## Keys\n\n| key | default | allowed | meaning |\n|---|---|---|---|\n");
        foreach (var key in JobKeys.All)
            Row(text, $"`{key.Path}`", key);
    }

    private static void Policies(StringBuilder text, string title, PolicyCatalog catalog)
    {
        text.Append($"\n## {title}\n\nThe options stand beside `name`; one that the {catalog.Word} does not have is an error.\n");
        foreach (var policy in catalog.Policies)
        {
            text.Append($"\n### {policy.Name}\n\n{policy.Summary}\nSource: {policy.Source.TrimEnd('.')}.\n");
            if (policy.Options.Count == 0)
                continue;
            text.Append("\n| option | default | allowed | meaning |\n|---|---|---|---|\n");
            foreach (var option in policy.Options)
                Row(text, $"`{option.Name}`", JobKey.Of(catalog.Word, option));
        }
    }

    private static void Recipes(StringBuilder text)
    {
        text.Append("\n## Recipes\n\n`recipe: NAME` lays one of these under the job: what the job itself leaves out is taken from it.\n");
        foreach (var recipe in NamedRecipe.All)
        {
            text.Append($"\n### {recipe.Name}\n\n{recipe.Summary}\nSource: {recipe.Source.TrimEnd('.')}.\n\n```yaml\n");
            text.Append(recipe.SpecText).Append("\n```\n");
        }
    }

    private static void Layers(StringBuilder text)
    {
        text.Append($$"""

            ## Layers

            With `model.name: custom`, `model.layers` lists the layers in order, the one that gives the classes' scores last. A layer is a name
            with its options, `conv: {out: 32, kernel: 3}`; with its first option alone, `linear: 128`; or, where none is required, just a name,
            `relu`. `residual` holds a list of layers and adds their input to their output, subsampled and padded with channels of zeros where their
            output is smaller and deeper. It may be a section instead: of that list, `layers`, and of another one that the input goes through,
            `shortcut`, which has to end with the same shape. At most {{LayerForms.MaximumLayers}} layers, residuals at most
            {{LayerForms.MaximumNesting}} deep in each other. A bottleneck of `resnet50` with its projection:

            ```yaml
            - residual:
                layers:
                  - conv: {out: 128, kernel: 1, bias: false}
                  - norm: batch
                  - relu
                  - conv: {out: 128, kernel: 3, stride: 2, padding: 1, bias: false}
                  - norm: batch
                  - relu
                  - conv: {out: 512, kernel: 1, bias: false}
                  - norm: batch
                shortcut:
                  - conv: {out: 512, kernel: 1, stride: 2, bias: false}
                  - norm: batch
            - relu
            ```

            | layer | meaning | option | default | allowed | meaning of the option |
            |---|---|---|---|---|---|

            """);
        foreach (var form in LayerForms.All)
        {
            if (form.Options.Count == 0)
                Cells(text, $"`{form.Name}`", form.Description, "", "", "", "");
            foreach (var option in form.Options)
            {
                var isFirst = option == form.Options[0];
                Cells(text, isFirst ? $"`{form.Name}`" : "", isFirst ? form.Description : "", $"`{option.Name}`", option.DefaultText, option.Rule.Text, option.Description);
            }
        }

        Cells(text, $"`{LayerForms.Residual}`", "layers with a shortcut around them", $"`{LayerForms.Body}`", "required", "a list of layers", "the body");
        Cells(text, "", "", $"`{LayerForms.Shortcut}`", "the input, subsampled and padded", "a list of layers", "what the input goes through: a projection");
    }

    private static void Row(StringBuilder text, string name, JobKey key) =>
        Cells(text, name, key.DefaultText, key.Rule.Text, key.Meaning);

    private static void Cells(StringBuilder text, params IEnumerable<string> cells)
    {
        foreach (var cell in cells)
            text.Append("| ").Append(cell.Replace("|", "\\|", StringComparison.Ordinal)).Append(cell.Length == 0 ? "" : " ");
        text.Append("|\n");
    }
}
