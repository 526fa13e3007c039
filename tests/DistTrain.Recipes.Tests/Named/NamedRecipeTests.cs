using DistTrain.Recipes.Files;
using DistTrain.Recipes.Keys;
using DistTrain.Recipes.Named;

namespace DistTrain.Recipes.Tests.Named;

[Trait("Kind", "Fast")]
public sealed class NamedRecipeTests
{
    public static TheoryData<string> Names => [.. NamedRecipe.Names];

    /// <summary>Rate, warm-up and the numbers of each recipe as its paper has them.</summary>
    [Theory]
    [InlineData("goyal-1h", 8192, 90, "learning rate 3.2 = 0.1 * 32 (linear, batch 8192 / 256); warm-up 5 epochs from 0.1", "momentum momentum 0.9 | weightDecay 0.0001 | decayExclude [bias, norm]; multi-step milestones [30, 60, 80] | factor 0.1; none")]
    [InlineData("akiba-15min", 32768, 90, "learning rate 12.8 = 0.1 * 128 (linear, batch 32768 / 256); no warm-up", "rmsprop-warmup momentum 0.9 | alpha 0.99 | rmsRate 0.0003 | turnEpoch 10 | turnLength 5 | weightDecay 0.0001; slow-start; none")]
    [InlineData("lars-32k", 32768, 90, "learning rate 25.6 = 0.2 * 128 (linear, batch 32768 / 256); warm-up 5 epochs from 0", "lars momentum 0.9 | coefficient 0.001 | weightDecay 0.0005 | decayExclude [bias, norm] | adaptExclude [bias, norm]; polynomial power 2; none")]
    [InlineData("lamb-76min", 65536, 36, "learning rate 0.007071067811865476 = 0.000625 * 11.313708498984761 (legw, batch 65536 / 512); warm-up 14.4 epochs from 0", "lamb beta1 0.9 | beta2 0.999 | epsilon 1e-06 | weightDecay 0.01 | decayExclude [bias, norm] | adaptExclude [bias, norm]; polynomial power 1; none")]
    [InlineData("lamb-76min-512", 32768, 4, "learning rate 0.005 = 0.000625 * 8 (legw, batch 32768 / 512); warm-up 0.8 epochs from 0", "lamb beta1 0.9 | beta2 0.999 | epsilon 1e-06 | weightDecay 0.01 | decayExclude [bias, norm] | adaptExclude [bias, norm]; polynomial power 1; none")]
    [InlineData("radam", 256, 4, "learning rate 0.001; no warm-up", "radam beta1 0.9 | beta2 0.999 | threshold paper; constant; none")]
    [InlineData("swa", 128, 40, "learning rate 0.05; no warm-up", "momentum momentum 0.9 | weightDecay 0.0005; constant; swa startEpoch 30 | everyEpochs 1")]
    [InlineData("swap", 4096, 40, "learning rate 0.8 = 0.05 * 16 (linear, batch 4096 / 256); warm-up 5 epochs from 0.05", "nesterov momentum 0.9 | weightDecay 0.0005; polynomial power 1; swap trainAccuracy 0.98 | batch 512 | epochs 10 | lr 0.05 | momentum 0.9 | weightDecay 0.0005")]
    [InlineData("post-local", 2048, 40, "learning rate 1.6 = 0.1 * 16 (linear, batch 2048 / 128); warm-up 5 epochs from 0.1", "nesterov momentum 0.9 | weightDecay 0.0001; multi-step milestones [20, 30] | factor 0.1; post-local startEpoch 20 | everySteps 16")]
    [InlineData("batch-growth", 128, 200, "learning rate 0.1; no warm-up", "nesterov momentum 0.9 | weightDecay 0.0005; constant; none")]
    public void A_recipe_alone_has_its_papers_values(string name, int batch, int epochs, string rate, string policies)
    {
        var spec = JobText.Job(null, $"recipe={name}").Spec;

        Assert.Equal((name, batch, epochs), (spec.Recipe, spec.Batch, spec.Epochs));
        Assert.Equal(rate, JobRates.Resolve(spec).Text);
        foreach (var (policy, expected) in new[] { spec.Optimizer, spec.Schedule, spec.Averaging }.Zip(policies.Split("; ")))
        {
            Assert.Equal(expected.Split(' ')[0], policy.Name);
            foreach (var pair in expected[policy.Name.Length..].Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                var key = pair.Split(' ')[0];
                Assert.Equal(pair, $"{key} {ValueText.Of(policy.Options.All.Single(o => o.Key == key).Value)}");
            }
        }
    }

    /// <summary>2/5 and 1/5 of the epochs, by the rule from 1/320 at 512 on (1904.00962, section 4.1).</summary>
    [Theory]
    [InlineData("lamb-76min", 0.4)]
    [InlineData("lamb-76min-512", 0.2)]
    public void Each_phase_of_BERT_has_its_share_of_warm_up(string recipe, double share)
    {
        var spec = JobText.Job(null, $"recipe={recipe}").Spec;
        Assert.Equal(share, JobRates.Resolve(spec).WarmupEpochs / spec.Epochs!.Value, 1e-12);
    }

    [Fact]
    public void The_table_of_values_has_every_recipe()
    {
        var table = typeof(NamedRecipeTests).GetMethod(nameof(A_recipe_alone_has_its_papers_values))!
            .GetCustomAttributes(typeof(InlineDataAttribute), inherit: false).Cast<InlineDataAttribute>().Select(d => (string)d.Data[0]!);
        Assert.Equal(NamedRecipe.Names, table.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_recipe_under_an_empty_job_is_sound(string name)
    {
        var result = JobText.Read(JobText.WithSpec($"  recipe: {name}"));

        Assert.Empty(result.Problems);
        Assert.Empty(result.Warnings.Select(w => w.ToString()));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Its_canonical_file_reads_back_to_the_same_text(string name)
    {
        var text = JobFile.Write(JobText.Job(null, $"recipe={name}"));

        Assert.Contains($"\n  recipe: {name}\n", text, StringComparison.Ordinal);
        Assert.Equal(text, JobFile.Write(JobText.Job(text)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void It_is_documented_and_its_spec_is_what_is_printed(string name)
    {
        var recipe = NamedRecipe.All.Single(r => r.Name == name);

        Assert.Matches("[0-9]{4}\\.[0-9]{5}", recipe.Source);
        Assert.EndsWith(".", recipe.Summary, StringComparison.Ordinal);
        Assert.StartsWith("spec:\n", recipe.SpecText, StringComparison.Ordinal);
        Assert.Contains($"\n### {name}\n\n{recipe.Summary}", JobFileReference.Markdown(), StringComparison.Ordinal);
        // The printed spec in a job file of its own is the recipe.
        Assert.Equal(
            JobFile.Write(JobText.Job(null, $"recipe={name}")).Replace($"  recipe: {name}\n", "", StringComparison.Ordinal),
            JobFile.Write(JobText.Job(JobText.Head + recipe.SpecText)));
    }

    [Fact]
    public void What_the_job_says_wins_option_by_option()
    {
        var spec = JobText.Job(JobText.WithSpec("  recipe: goyal-1h\n  batch: 1024\n  optimizer: {lr: 0.2}\n  schedule: {warmupEpochs: 2}\n  scaling: {referenceBatch: 512}")).Spec;

        Assert.Equal("learning rate 0.4 = 0.2 * 2 (linear, batch 1024 / 512); warm-up 2 epochs from 0.2", JobRates.Resolve(spec).Text);
        Assert.Equal(("momentum", 0.9, 0.0001), (spec.Optimizer.Name, spec.Optimizer.Options.Number("momentum"), spec.Optimizer.Options.Number("weightDecay")));
        Assert.Equal([30, 60, 80], spec.Schedule.Options.Numbers("milestones"));
    }

    [Fact]
    public void So_does_what_an_override_says_and_the_recipe_may_come_from_either()
    {
        var spec = JobText.Job(JobText.WithSpec("  recipe: swa\n  optimizer: {lr: 0.2}"), "recipe=lars-32k", "optimizer.momentum=0.8").Spec;

        Assert.Equal(("lars-32k", "lars", 0.2, 0.8), (spec.Recipe, spec.Optimizer.Name, spec.Optimizer.Options.Number("lr"), spec.Optimizer.Options.Number("momentum")));
        Assert.Equal("none", spec.Averaging.Name);
    }

    [Fact]
    public void Another_policys_name_drops_the_options_of_the_recipes()
    {
        var spec = JobText.Job(null, "recipe=lamb-76min", "optimizer.name=adam", "schedule.warmupEpochs=0.1").Spec;

        Assert.Equal(("adam", 0.001, 1e-8, 0.0), (spec.Optimizer.Name, spec.Optimizer.Options.Number("lr"), spec.Optimizer.Options.Number("epsilon"), spec.Optimizer.Options.Number("weightDecay")));
        Assert.Equal(("polynomial", 1.0), (spec.Schedule.Name, spec.Schedule.Options.Number("power")));
        Assert.Equal("swa", JobText.Job(null, "recipe=swap", "averaging={name: swa, startEpoch: 3}").Spec.Averaging.Name);
        Assert.Equal("none", JobText.Job(null, "recipe=swap", "averaging.name=none").Spec.Averaging.Name);
    }

    [Fact]
    public void The_same_policys_name_keeps_them() =>
        Assert.Equal(0.000625, JobText.Job(null, "recipe=lamb-76min", "optimizer.name=lamb").Spec.Optimizer.Options.Number("lr"));

    [Theory]
    [InlineData("steps: 500", null, 500L)]
    [InlineData("epochs: 100", 100, null)]
    [InlineData("steps: null", 90, null)]
    [InlineData("epochs: null", 90, null)]
    public void A_length_in_steps_takes_the_recipes_epochs_away(string length, int? epochs, long? steps)
    {
        var spec = JobText.Job(JobText.WithSpec($"  recipe: lars-32k\n  {length}")).Spec;
        Assert.Equal((epochs, steps), (spec.Epochs, spec.Steps));
        spec = JobText.Job(null, "recipe=lars-32k", length.Replace(": ", "=", StringComparison.Ordinal)).Spec;
        Assert.Equal((epochs, steps), (spec.Epochs, spec.Steps));
    }

    /// <summary>An empty section was once taken for one that replaces the recipe's by the defaults.</summary>
    [Theory]
    [InlineData("optimizer:")]
    [InlineData("optimizer: {lr: null}")]
    [InlineData("optimizer: {name: null}")]
    [InlineData("batch:")]
    [InlineData("scaling:")]
    public void Null_is_left_out_and_leaves_the_recipes_value(string line) =>
        Assert.Equal(JobFile.Write(JobText.Job(null, "recipe=goyal-1h")), JobFile.Write(JobText.Job(JobText.WithSpec($"  recipe: goyal-1h\n  {line}"))));

    [Fact]
    public void A_batch_replaces_the_recipes_as_a_whole()
    {
        Assert.Null(JobText.Job(null, "recipe=batch-growth", "batch=64").Spec.BatchPlan.Policy);
        var plan = JobText.Job(null, "recipe=batch-growth", "batch={growth: {from: 32, to: 64}}").Spec.BatchPlan;
        Assert.Equal((32, 64, 2.0, 1L), (plan.Examples, plan.Largest, plan.Policy!.Options.Number("factor"), plan.Policy.Options.Whole("everyEpochs")));
        Assert.Equal("auto", JobText.Job(null, "recipe=batch-growth", "batch={auto: {from: 32, to: 64}}").Spec.BatchPlan.Policy!.Name);
    }

    [Fact]
    public void One_job_does_not_change_the_recipe_for_the_next()
    {
        var before = JobFile.Write(JobText.Job(null, "recipe=swap"));
        JobText.Job(null, "recipe=swap", "averaging.lr=1", "optimizer.lr=7");

        Assert.Equal(before, JobFile.Write(JobText.Job(null, "recipe=swap")));
    }

    [Fact]
    public void An_unknown_name_is_refused_with_the_nearest()
    {
        Assert.Equal(
            $"job.yaml:4: spec.recipe: 'goyal1h' is not a recipe; use one of {string.Join(", ", NamedRecipe.Names)} (did you mean 'goyal-1h'?)",
            Assert.Single(JobText.Problems(JobText.WithSpec("  recipe: goyal1h"))));
        Assert.Equal("lars-32k", Assert.Single(JobText.Read(null, "recipe=lars").Problems).Suggestion);
        Assert.Equal("spec.recipe", Assert.Single(JobText.Read(null, "recipe=[swa]").Problems).Path);
    }

    [Fact]
    public void What_does_not_go_with_a_recipe_is_said()
    {
        Assert.Equal(
            "recipe batch-growth:4: spec.batch: growth counts in epochs; give the job's length in epochs, not in steps",
            Assert.Single(JobText.Problems(null, "recipe=batch-growth", "steps=10")));
        Assert.EndsWith("swap counts in epochs; give the job's length in epochs, not in steps", Assert.Single(JobText.Problems(null, "recipe=swap", "steps=10", "schedule={warmupEpochs: 0, warmupSteps: 1}", "scaling.warmupFrom=zero")), StringComparison.Ordinal);
        Assert.Contains(JobText.Read(null, "recipe=post-local", "epochs=20").Problems, p => p.Path == "spec.averaging.startEpoch");
    }

    [Fact]
    public void Scaling_follows_the_batch_that_the_job_takes() =>
        Assert.Equal(
            [("linear", 0.05), ("linear", 0.1), ("linear", 3.2)],
            new[] { 128, 256, 8192 }.Select(batch => JobText.Job(null, "recipe=goyal-1h", $"batch={batch}").Spec).Select(s => (s.Scaling.Rule, JobRates.Resolve(s).LearningRate)));

    [Fact]
    public void Data_model_ranks_and_seed_are_the_jobs_own_to_choose() =>
        Assert.All(NamedRecipe.All, recipe => Assert.DoesNotMatch("\n  (dataset|workers|seed|recipe):|\n  model:.*(name|layers|norm):", recipe.SpecText));

    [Fact]
    public void What_their_papers_do_with_BatchNorm_recipes_do()
    {
        Assert.True(JobText.Job(null, "recipe=goyal-1h", "model.name=resnet20").Spec.Model.ZeroGamma);
        Assert.Equal("last", JobText.Job(null, "recipe=akiba-15min").Spec.BatchNorm.Evaluation);
    }
}
