using DistTrain.Recipes.Studies;

namespace DistTrain.Recipes.Tests.Studies;

[Trait("Kind", "Fast")]
public sealed class StudyTests
{
    private const string Small = """
        summary: what is compared
        silos: 3
        servers: 2
        base:
          model: {name: mlp}
          epochs: 2
          optimizer: {name: momentum, lr: 0.02, momentum: 0.8}
        recipes:
          - name: plain
            runs:
              - {batches: [64, 128], seeds: [1, 2]}
              - {batches: [256], seeds: [1]}
          - name: lars
            spec:
              steps: 7
              optimizer: {name: lars, lr: 3}
            runs:
              - {batches: [64], seeds: [5]}
        """;

    public static TheoryData<string> Names => [.. Study.Names];

    [Fact]
    public void Every_run_is_a_cell_in_order()
    {
        var study = Read(Small);

        Assert.Equal(("small", "what is compared", 3, 2), (study.Name, study.Summary, study.Silos, study.Servers));
        Assert.Equal(["plain-64-s1", "plain-64-s2", "plain-128-s1", "plain-128-s2", "plain-256-s1", "lars-64-s5"], study.Cells.Select(c => c.Name));
        Assert.All(study.Cells, c => Assert.Equal((c.Name, c.Batch, c.Seed), (c.Job.Name, c.Job.Spec.Batch, c.Job.Spec.Seed)));
        Assert.Equal(("lars", 64, 5), (study.Cells[^1].Recipe, study.Cells[^1].Batch, study.Cells[^1].Seed));
    }

    [Fact]
    public void A_recipes_spec_lies_over_the_base()
    {
        var study = Read(Small);
        var (plain, lars) = (study.Cells[0].Job.Spec, study.Cells[^1].Job.Spec);

        Assert.All(study.Cells, c => Assert.Equal("mlp", c.Job.Spec.Model.Name));
        Assert.Equal(("momentum", 0.02, 0.8, 2, null), (plain.Optimizer.Name, plain.Optimizer.Options.Number("lr"), plain.Optimizer.Options.Number("momentum"), plain.Epochs, plain.Steps));
        // Another optimizer takes none of the base's options, a length in steps not its epochs.
        Assert.Equal(("lars", 3.0, 0.9, null, 7L), (lars.Optimizer.Name, lars.Optimizer.Options.Number("lr"), lars.Optimizer.Options.Number("momentum"), lars.Epochs, lars.Steps));
    }

    [Fact]
    public void Overrides_are_for_every_job()
    {
        var study = Read(Small, "epochs=5", "dataset={name: mnist, path: data}");

        Assert.All(study.Cells, c => Assert.Equal((5, null, "data"), (c.Job.Spec.Epochs, c.Job.Spec.Steps, c.Job.Spec.Dataset.Path)));
    }

    [Fact]
    public void A_named_recipe_may_lie_under_the_cells()
    {
        var spec = Read("summary: s\nbase: {recipe: goyal-1h}\nrecipes: [{name: a, spec: {optimizer: {lr: 0.2}}, runs: [{batches: [512], seeds: [1]}]}]").Cells[0].Job.Spec;

        Assert.Equal("learning rate 0.4 = 0.2 * 2 (linear, batch 512 / 256); warm-up 5 epochs from 0.2", JobRates.Resolve(spec).Text);
    }

    [Fact]
    public void Silos_and_servers_have_defaults()
    {
        var study = Read("summary: s\nrecipes: [{name: a, runs: [{batches: [64], seeds: [1]}]}]");
        Assert.Equal((2, 1), (study.Silos, study.Servers));
    }

    [Fact]
    public void Cells_may_be_for_time_have_their_own_length_and_a_target()
    {
        var study = Read("summary: s\ntarget: 0.97\nbase: {epochs: 3}\nrecipes: [{name: a, shows: time, runs: [{batches: [64], seeds: [1], steps: 9}, {batches: [128], seeds: [1]}]}, {name: b, runs: [{batches: [64], seeds: [1]}]}]");
        Assert.Equal(0.97, study.Target);
        Assert.Equal(["a-64-s1", "a-128-s1"], study.Timed.Select(c => c.Name));
        Assert.Equal(["b-64-s1"], study.Compared.Select(c => c.Name));
        Assert.Equal([(9L, null), (null, 3), (null, 3)], study.Cells.Select(c => (c.Job.Spec.Steps, c.Job.Spec.Epochs)));
    }

    [Fact]
    public void A_batch_that_grows_grows_to_what_the_runs_say()
    {
        var study = Read("summary: s\nbase: {batch: {growth: {from: 64, everyEpochs: 2}}}\nrecipes: [{name: a, runs: [{batches: [128, 4096], seeds: [1]}]}, {name: b, spec: {batch: {auto: {from: 32}}}, runs: [{batches: [256], seeds: [1]}]}]");

        Assert.Equal(["a-128-s1", "a-4096-s1", "b-256-s1"], study.Cells.Select(c => c.Name));
        Assert.Equal(["growth", "growth", "auto"], study.Cells.Select(c => c.Job.Spec.BatchPlan.Policy!.Name));
        Assert.Equal([(64, 128L), (64, 4096L), (32, 256L)], study.Cells.Select(c => (c.Job.Spec.Batch, c.Job.Spec.BatchPlan.Policy!.Options.Whole("to"))));
    }

    [Fact]
    public void A_recipe_may_fork_another_whose_cells_of_each_seed_it_starts_from()
    {
        var study = Read(
            """
            summary: s
            recipes:
              - {name: trunk, spec: {checkpoint: {everySteps: 50, keep: 9}}, runs: [{batches: [64], seeds: [1, 2]}]}
              - {name: far, forks: {recipe: trunk, batch: 64, step: 100}, spec: {from: {slots: keep}}, runs: [{batches: [128], seeds: [1, 2]}]}
            """);
        Assert.Equal(new StudyFork?[] { null, null, new("trunk-64-s1", 100), new("trunk-64-s2", 100) }, study.Cells.Select(c => c.Fork));
        Assert.Equal(("trunk-64-s2/checkpoints/step-100", StartSlots.Keep), (study.Cells[3].Job.Spec.From!.Checkpoint, study.Cells[3].Job.Spec.From!.Slots));
    }

    [Fact]
    public void A_fork_of_what_is_not_there_or_saves_nothing_is_said() =>
        Assert.Equal(
            [
                "small:1: recipes: 'b-64-s1' starts from cell 'c-64-s1', and none before it is called so",
                "small:1: recipes: 'd-64-s1' starts from step 7 of 'a-64-s1', which saves only its last; set its checkpoint.everySteps",
                "small:6: recipes[3].forks.step: is missing; give a whole number from 1 to 9223372036854775807",
            ],
            Problems(
                """
                summary: s
                recipes:
                  - {name: a, runs: [{batches: [64], seeds: [1]}]}
                  - {name: b, forks: {recipe: c, batch: 64, step: 7}, runs: [{batches: [64], seeds: [1]}]}
                  - {name: d, forks: {recipe: a, batch: 64, step: 7}, runs: [{batches: [64], seeds: [1]}]}
                  - {name: e, forks: {recipe: a, batch: 64}, runs: [{batches: [64], seeds: [1]}]}
                """).Order(StringComparer.Ordinal));

    [Fact]
    public void A_study_may_look_at_what_its_runs_end_with()
    {
        const string Recipes = "\nrecipes: [{name: a, runs: [{batches: [64], seeds: [1]}]}]";
        var asked = Read("summary: s\ndiagnosis: {examples: 50, steps: 9, sharpness: 0.001}" + Recipes).Diagnosis!;
        Assert.Equal((50, 9, 0.001, 100, 5), (asked.Examples, asked.Steps, asked.Sharpness, asked.Subspace, asked.Directions));
        Assert.Null(Read("summary: s" + Recipes).Diagnosis);
        Assert.Equal(
            [
                "small:2: diagnosis.step: 'step' is not a key of diagnosis",
                "small:2: diagnosis.top: '0' is not allowed; give a whole number from 1 to 2147483647",
                "small:2: diagnosis.weights: is known here: the weights that a run ends with are looked at; leave it out",
            ],
            Problems("summary: s\ndiagnosis: {step: 9, top: 0, weights: {job: a}}" + Recipes).Order(StringComparer.Ordinal).Select(p => p.Contains("not a key", StringComparison.Ordinal) ? p[..p.IndexOf("; ", StringComparison.Ordinal)] : p));
        Assert.Contains("diagnosis: is not a section", Assert.Single(Problems("summary: s\ndiagnosis: 5" + Recipes)), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_target_no_length_and_nothing_to_show_is_said() =>
        Assert.Equal(
            [
                "small:2: target: '97' is not allowed; give a number in (0, 1]",
                "small:3: recipes[0].runs[0].steps: '0' is not allowed; give a whole number from 1 to 2147483647",
                "small:3: recipes[0].shows: 'speed' is not what a cell is for; use one of accuracy, time, landscape",
            ],
            Problems("summary: s\ntarget: 97\nrecipes: [{name: a, shows: speed, runs: [{batches: [64], seeds: [1], steps: 0}]}]").Order(StringComparer.Ordinal));

    [Fact]
    public void Cells_may_be_for_the_curvature_that_their_probes_tell()
    {
        const string Recipe = "{name: a, shows: landscape, runs: [{batches: [64], seeds: [1]}]}";
        Assert.Equal(["a-64-s1"], Read($"summary: s\nbase: {{probe: {{everySteps: 5, what: curvature}}}}\nrecipes: [{Recipe}]").Looked.Select(c => c.Name));
        Assert.Single(Read($"summary: s\nbase: {{probe: {{everySteps: 5, what: smoothness}}}}\nrecipes: [{Recipe}]").Looked);
        foreach (var probe in new[] { "{}", "{everySteps: 5}", "{what: curvature}" })
        {
            Assert.Equal(
                ["small:3: recipes[0].shows: 'landscape' takes a curvature or a smoothness to show; give the spec probe: {everySteps: N, what: curvature} or {everySteps: N, what: smoothness}"],
                Problems($"summary: s\nbase: {{probe: {probe}}}\nrecipes: [{Recipe}]"));
        }
    }

    [Fact]
    public void All_mistakes_come_at_once()
    {
        var problems = Problems(
            """
            sumary: x
            silos: 0
            servers: many
            base: 5
            recipes:
              - name: Plain Old
                spec: [1]
                runs: [{batches: [64, none], seed: [1]}]
              - name: b
                spec: {batch: 5}
                runs: []
              - 7
            """);

        Assert.Equal(
            [
                "small:1: summary: is missing; give what is compared",
                "small:1: sumary: 'sumary' is not a key here; use one of summary, silos, servers, target, base, diagnosis, recipes (did you mean 'summary'?)",
                "small:2: silos: '0' is not allowed; give a whole number from 1 to 64",
                "small:3: servers: 'many' is not a whole number; give a whole number from 1 to 64",
                "small:4: base: is not a section; give keys of a job's spec",
                "small:6: recipes[0].name: 'Plain Old' is not a name for a job; use lower-case letters, digits and dashes, first a letter or digit, at most 40 characters (did you mean 'plain-old'?)",
                "small:7: recipes[0].spec: is not a section; give keys of a job's spec",
                "small:8: recipes[0].runs[0].batches[1]: 'none' is not a whole number; give a whole number from 1 to 2147483647",
                "small:8: recipes[0].runs[0].seed: 'seed' is not a key here; use one of batches, seeds, steps (did you mean 'seeds'?)",
                "small:8: recipes[0].runs[0].seeds: is missing; give a list",
                "small:10: recipes[1].spec.batch: is what runs say: batches and seeds",
                "small:11: recipes[1].runs: is not a list of at least one; give one",
                "small:12: recipes[2]: is not a section",
            ],
            problems.OrderBy(p => int.Parse(p.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture)).ThenBy(p => p.StartsWith("small:1: sumary", StringComparison.Ordinal)).ThenBy(p => p, StringComparer.Ordinal));
    }

    [Fact]
    public void A_mistake_that_all_cells_share_is_told_once_beside_those_of_single_cells() =>
        Assert.Equal(
            [
                "small:6: spec.optimizer.lr: '0' is not allowed; give a number above 0",
                "small, lars-1-s5: spec.batch: a batch of 1 leaves some of 2 workers without examples; raise batch or lower workers",
            ],
            Problems(Small.Replace("lr: 0.02", "lr: 0", StringComparison.Ordinal).Replace("[64], seeds: [5]", "[1], seeds: [5]", StringComparison.Ordinal).Replace("  epochs: 2\n", "", StringComparison.Ordinal))
                .Select(p => p.Replace("--set batch=1", "small, lars-1-s5", StringComparison.Ordinal)));

    [Fact]
    public void Cells_that_are_the_same_are_a_mistake() =>
        Assert.Equal(
            "small:1: recipes: 'a-64-s1' is there twice; the cells of a study differ in recipe, batch or seed",
            Assert.Single(Problems("summary: s\nrecipes: [{name: a, runs: [{batches: [64], seeds: [1, 1]}]}]")));

    [Theory]
    [InlineData("batch=64")]
    [InlineData("spec.batch={growth: {from: 8, to: 16}}")]
    [InlineData("batch.growth.from=8")]
    [InlineData("seed=3")]
    [InlineData("metadata.name=x")]
    public void What_tells_the_cells_apart_cannot_be_set_for_all_of_them(string change)
    {
        Assert.Null(Study.Read(Small, "small", [change], out var problems));
        Assert.Contains(problems, p => p.ToString() == $"--set {change}: {change.Split('=')[0]}: is what the study says of each cell; leave it out, or write a study of your own");
    }

    /// <summary>Once read as a study without a problem and without cells.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("- 1\n- 2\n")]
    [InlineData("large-batch")]
    public void What_is_no_study_is_said(string text) =>
        Assert.Contains("the file is no study: it has summary, base and recipes", Assert.Single(Problems(text)), StringComparison.Ordinal);

    [Fact]
    public void What_is_not_YAML_is_said() => Assert.Contains("not valid YAML", Assert.Single(Problems("recipes: [")), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Names))]
    public void Those_that_come_with_the_program_are_sound(string name)
    {
        // Digits are made, the others are read.
        var text = Study.TextOf(name)!;
        var path = text.Contains("name: digits", StringComparison.Ordinal) ? null : "data";
        var study = Study.Read(text, name, path is null ? [] : [$"dataset.path={path}"], out var problems);

        Assert.Empty(problems.Select(p => p.ToString()));
        Assert.NotEmpty(study!.Cells);
        Assert.All(study.Cells, c => Assert.Equal(path, c.Job.Spec.Dataset.Path));
    }

    [Fact]
    public void There_is_no_other() => Assert.Null(Study.TextOf("nope"));

    private static Study Read(string text, params string[] overrides)
    {
        var study = Study.Read(text, "small", overrides, out var problems);
        Assert.Empty(problems.Select(p => p.ToString()));
        return study!;
    }

    private static string[] Problems(string text)
    {
        Assert.Null(Study.Read(text, "small", [], out var problems));
        return [.. problems.Select(p => p.ToString())];
    }
}
