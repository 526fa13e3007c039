using DistTrain.Optimization.Normalization;
using DistTrain.Recipes.Files;

namespace DistTrain.Recipes.Tests.Reading;

/// <summary>The rules that tie keys together.</summary>
[Trait("Kind", "Fast")]
public sealed class JobReaderTests
{
    [Theory]
    [InlineData("mnist")]
    [InlineData("cifar10")]
    [InlineData("csv")]
    public void A_dataset_in_files_needs_its_folder(string name)
    {
        Assert.Equal(
            $"--set dataset.name={name}: spec.dataset.path: is missing; {name} needs the folder of the data",
            Assert.Single(JobText.Problems(null, $"dataset.name={name}", "model.name=mlp")));
        Assert.Equal("/data", JobText.Job(null, $"dataset.name={name}", "dataset.path=/data", "model.name=mlp").Spec.Dataset.Path);
    }

    [Fact]
    public void A_missing_key_is_reported_on_the_line_that_asks_for_it() =>
        Assert.StartsWith("job.yaml:6: spec.dataset.path: is missing", Assert.Single(JobText.Problems(JobText.WithSpec("  workers: 2\n  dataset:\n    name: mnist"))), StringComparison.Ordinal);

    [Fact]
    public void A_path_of_the_wrong_shape_is_not_also_missing() =>
        Assert.Equal(
            "--set dataset.path=[a]: spec.dataset.path: is a list; give the folder of the data",
            Assert.Single(JobText.Problems(null, "dataset.name=mnist", "dataset.path=[a]")));

    /// <summary>The error was about spec.model.layers[0], which nobody had written.</summary>
    [Theory]
    [InlineData("  dataset: {name: csv, path: /data}", "job.yaml:4: spec.model.name: is missing, and cnn, the default, takes images, and csv has tables; give mlp or softmax")]
    [InlineData("  model: {name: resnet20}\n  dataset: {name: csv, path: /data}", "job.yaml:4: spec.model.name: resnet20 takes images, and csv has tables; give mlp or softmax")]
    [InlineData("  dataset: {name: text, path: /data}", "job.yaml:4: spec.model.name: is missing, and cnn, the default, takes images or tables, and text has characters; give transformer, or custom with layers")]
    [InlineData("  model: {name: transformer}", "job.yaml:4: spec.model.name: transformer takes tokens, and digits has images; give mlp, or custom with layers")]
    [InlineData("  model: {name: transformer}\n  dataset: {name: csv, path: /data}", "job.yaml:4: spec.model.name: transformer takes tokens, and csv has tables; give mlp")]
    [InlineData("  dataset: {name: text, path: /data}\n  task: {name: maskedToken}\n  model: {name: mlp}", "job.yaml:6: spec.model.name: mlp takes images or tables, and text has characters; give bert, or custom with layers")]
    [InlineData("  dataset: {name: text, path: /data}\n  task: {name: maskedToken}\n  model: {name: transformer}", "job.yaml:6: spec.model.name: transformer sees the tokens before one alone, and a hidden one is told from those around it; give bert, or custom with layers")]
    [InlineData("  dataset: {name: text, path: /data}\n  model: {name: bert}", "job.yaml:5: spec.model.name: bert sees all tokens of an example, also the next one that it were to tell; give transformer, or task.name: maskedToken")]
    [InlineData("  dataset: {name: text, path: /data}\n  model:\n    name: custom\n    layers:\n    - embedding: 8\n    - residual:\n      - attention: {heads: 2, causal: false}\n    - linear: 9", "job.yaml:10: spec.model.layers[1].residual[0].attention.causal: 'false' sees the tokens behind one, also the next one that it were to tell; give true, or task.name: maskedToken")]
    [InlineData("  dataset: {name: text, path: /data}\n  model: {name: custom, layers: [embedding: 8, residual: {layers: [linear: 8], shortcut: [attention: {heads: 2, causal: false}]}]}", "job.yaml:5: spec.model.layers[1].residual.shortcut[0].attention.causal: 'false' sees")]
    [InlineData("  dataset: {name: text, path: /data}\n  model: {name: custom, layers: [embedding: 8, conv1d: {out: 8, padding: 1}, linear: 9]}", "job.yaml:5: spec.model.layers[1].conv1d.causal: 'false' sees the tokens behind one")]
    [InlineData("  model: {name: bert}", "job.yaml:4: spec.model.name: bert takes tokens, and digits has images; give mlp, or custom with layers")]
    [InlineData("  dataset: {name: text, path: /data}\n  task: {name: classification}\n  model: {name: transformer}", "job.yaml:5: spec.task.name: text has no classes; give nextToken or maskedToken")]
    [InlineData("  task: {name: maskedToken}", "job.yaml:4: spec.task.name: maskedToken is told of text, and digits has none; leave it out, or give dataset.name: text")]
    [InlineData("  dataset: {name: text, path: /data}\n  task: {share: 0.2}\n  model: {name: transformer}", "job.yaml:5: spec.task.share: nextToken hides no tokens; leave it out, or give task.name: maskedToken")]
    [InlineData("  task: {random: 0.2}", "job.yaml:4: spec.task.random: classification hides no tokens; leave it out, or give task.name: maskedToken")]
    [InlineData("  dataset: {name: text, path: /data}\n  task: {name: maskedToken, random: 0.3}\n  model: {name: bert}", "job.yaml:5: spec.task.random: masked 0.8 and random 0.3 are more than all; let them add up to 1 at most")]
    [InlineData("  dataset: {name: text, path: /data}\n  task: {name: maskedToken, share: 0}\n  model: {name: bert}", "job.yaml:5: spec.task.share: '0' is not allowed")]
    [InlineData("  dataset: {name: text, path: /data}\n  task: {name: maskedToken}\n  model: {name: bert, size: base, heads: 5}", "job.yaml:6: spec.model.heads: 5 heads do not divide a width of 768; give a divisor of 768")]
    [InlineData("  model: {name: transformer, width: 30}\n  dataset: {name: text, path: /data}", "job.yaml:4: spec.model.heads: 4 heads do not divide a width of 30; give a divisor of 30")]
    [InlineData("  model: {name: transformer}\n  dataset: {name: text, path: /data, normalize: feature}", "job.yaml:5: spec.dataset.normalize: characters are no measurements that have a mean; leave it out")]
    [InlineData("  model: {name: transformer}\n  dataset: {name: text, path: /data, tokens: uint16}", "job.yaml:5: spec.dataset.vocabularySize: is missing; uint16 needs a whole number from 2 to 16777214: how many different tokens there are")]
    [InlineData("  model: {name: transformer}\n  dataset: {name: text, path: /data, tokens: uint16, vocabularySize: 70000}", "job.yaml:5: spec.dataset.vocabularySize: 70000 is more than 16 bits have; give at most 65536, or dataset.tokens: uint32")]
    [InlineData("  model: {name: transformer}\n  dataset: {name: text, path: /data, context: 64, length: 65}", "job.yaml:5: spec.dataset.length: is more than dataset.context, 64, for which a model has places; give at most that")]
    [InlineData("  model: {name: transformer}\n  dataset: {name: text, path: /data, tokens: uint32, vocabularySize: 70000, documents: padded}", "job.yaml:5: spec.dataset.documents: uint32 has no lines to pad; leave it out, or give packed")]
    [InlineData("  model: {name: transformer}\n  dataset: {name: text, path: /data, vocabularySize: 300}", "job.yaml:5: spec.dataset.vocabularySize: characters say it themselves; leave it out, or give dataset.tokens: uint16")]
    [InlineData("  dataset: {name: digits, vocabularySize: 300}", "job.yaml:4: spec.dataset.vocabularySize: digits has no tokens; leave it out")]
    [InlineData("  model: {name: transformer}\n  dataset: {name: text, path: /data, vocabularySha256: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}", "job.yaml:5: spec.dataset.vocabularySha256: characters has no vocabulary of its own; leave it out, or give dataset.tokens: wordPiece or bytePair")]
    [InlineData("  model: {name: transformer}\n  dataset: {name: text, path: /data, tokens: wordPiece, vocabularySha256: abc}", "job.yaml:5: spec.dataset.vocabularySha256: 'abc' is not a SHA-256; give 64 lower-case hexadecimal digits")]
    public void A_model_is_for_its_kind_of_data(string spec, string problem) =>
        Assert.StartsWith(problem, Assert.Single(JobText.Problems(JobText.WithSpec(spec))), StringComparison.Ordinal);

    [Fact]
    public void The_names_of_a_file_are_written_in_one_order_and_read_back()
    {
        var text = JobFile.Write(JobText.Job(null, "from={file: /a.safetensors, names: {d.kernel: {name: fc1.weight, transpose: true}, d.bias: fc1.bias}}"));
        Assert.Contains("\n    file: /a.safetensors\n    names: {d.bias: fc1.bias, d.kernel: {name: fc1.weight, transpose: true}}\n", text, StringComparison.Ordinal);
        Assert.Equal(text, JobFile.Write(JobText.Job(text)));
        var known = JobFile.Write(JobText.Job(null, "from={file: /a.safetensors, names: pytorch}"));
        Assert.Contains("\n    names: pytorch\n", known, StringComparison.Ordinal);
        Assert.Equal(known, JobFile.Write(JobText.Job(known)));
    }

    [Theory]
    [InlineData("from={checkpoint: /a, file: /b}", "spec.from.file: checkpoint and file both say what the job starts from; keep one")]
    [InlineData("from={checkpoint: /a, names: {a: b}}", "spec.from.names: a checkpoint has the model's own names; leave names out, or give file in place of checkpoint")]
    [InlineData("from={file: /a, names: [a]}", "spec.from.names: is a list; give pytorch, or a section of a file's names, each with the model's: {dense.kernel: fc1.weight}")]
    [InlineData("from={file: /a, names: torch}", "spec.from.names: 'torch' is not a program whose names are known; use one of pytorch (did you mean 'pytorch'?)")]
    [InlineData("from={checkpoint: /a, names: pytorch}", "spec.from.names: a checkpoint has the model's own names; leave names out, or give file in place of checkpoint")]
    [InlineData("from={file: /a, names: {a: c, b: c}}", "spec.from.names: 'c' is given to a and b; keep one")]
    [InlineData("from={file: /a, names: {a: {transpose: true}}}", "spec.from.names.a.name: is missing; a needs it: give the name of a parameter of the model")]
    public void Names_that_say_nothing_or_two_things_are_refused(string change, string problem) =>
        Assert.EndsWith(problem, Assert.Single(JobText.Problems(null, change)), StringComparison.Ordinal);

    [Fact]
    public void Digits_has_no_path() =>
        Assert.Equal(
            "--set dataset.path=/data: spec.dataset.path: digits is built in and has no path; leave it out, or name another dataset",
            Assert.Single(JobText.Problems(null, "dataset.path=/data")));

    [Theory]
    [InlineData("from={slots: keep}", "spec.from.checkpoint: is missing; give the path of a checkpoint or a model file, or leave from out")]
    [InlineData("from={checkpoint: /a, slots: some}", "spec.from.slots: 'some' is not a way to start slots; use one of drop, keep")]
    [InlineData("from={checkpoint: /a, position: end}", "spec.from.position: 'end' is not a place to start at; use one of start, keep")]
    [InlineData("from={checkpoint: /a, sha256: abc}", "spec.from.sha256: 'abc' is not a SHA-256; give 64 lower-case hexadecimal digits")]
    public void A_start_needs_its_checkpoint_and_known_words(string change, string problem) =>
        Assert.Equal($"--set {change}: {problem}", Assert.Single(JobText.Problems(null, change)));

    [Fact]
    public void A_start_drops_slots_and_position_unless_told_to_keep_them_and_without_one_nothing_is_written()
    {
        Assert.Equal(new StartRecipe("/a", "drop", "start"), JobText.Job(null, "from.checkpoint=/a").Spec.From);
        Assert.Null(JobText.Job(null, "from=null").Spec.From);
        Assert.DoesNotContain("from", JobFile.Write(JobText.Job(null)).Replace("warmupFrom", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_without_a_name_is_called_after_its_dataset()
    {
        Assert.Equal("mnist", JobText.Job(null, "dataset={name: mnist, path: /data}").Name);
        Assert.Equal("digits", JobText.Job(null, "workers=1").Name);
    }

    [Fact]
    public void The_norm_of_resnet20_is_batch_unless_said_otherwise()
    {
        Assert.Equal("batch", JobText.Job(null, "model.name=resnet20").Spec.Model.Norm);
        Assert.Equal("none", JobText.Job(null, "model.name=resnet20", "model.norm=none").Spec.Model.Norm);
        Assert.Equal("batch", JobText.Job(null, "model.norm=batch").Spec.Model.Norm);
        Assert.Equal("none", JobText.Job(null, "model.name=mlp").Spec.Model.Norm);
    }

    [Theory]
    [InlineData("spec.model.layers: is missing; custom needs a list of layers", "model.name=custom")]
    [InlineData("spec.model.layers: cnn brings its own layers; leave them out, or set model.name to custom", "model.layers=[relu]")]
    [InlineData("spec.model.norm: custom says in its layers where it normalizes: write 'norm: batch' there, and leave this out", "model={name: custom, norm: batch, layers: [relu]}")]
    [InlineData("spec.model.norm: custom says in its layers where it normalizes: write 'norm: group' there, and leave this out", "model={name: custom, norm: group, layers: [relu]}")]
    [InlineData("spec.model.reparametrization: custom says so in its layers: write 'linear: {out: 10, reparametrization: weight}' there, and leave this out", "model={name: custom, reparametrization: weight, layers: [relu]}")]
    public void Layers_go_with_custom_alone(string problem, string change) =>
        Assert.Equal($"--set {change}: {problem}", Assert.Single(JobText.Problems(null, change)));

    [Theory]
    [InlineData("spec.model.norm: instance normalizes each channel over its positions, and mlp's features have none; use layer or group", "model={name: mlp, norm: instance}")]
    [InlineData("spec.model.spectralPenalty: reparametrization spectral leaves no plain weight to penalize; keep one of the two", "model={reparametrization: spectral, spectralPenalty: 0.1}")]
    [InlineData("spec.batchNorm.renorm.dRampEnd: 0.1 lies before rampStart, 0.15; let it end there or later", "batchNorm.renorm={rampStart: 0.15, dRampEnd: 0.1}")]
    [InlineData("spec.model.norm: 'groups' is not a normalization; use one of none, batch, batch-renorm, layer, instance, group (did you mean 'group'?)", "model.norm=groups")]
    public void Normalizations_that_exclude_each_other_are_refused(string problem, string change) =>
        Assert.StartsWith($"--set {change}: {problem}", Assert.Single(JobText.Problems(null, change)), StringComparison.Ordinal);

    [Fact]
    public void Settings_of_the_model_are_read()
    {
        var model = JobText.Job(null, "model={name: resnet20, norm: group, zeroGamma: true, spectralPenalty: 0.01}").Spec.Model;

        Assert.Equal(("group", true, 0.01, "none"), (model.Norm, model.ZeroGamma, model.SpectralPenalty, model.Reparametrization));
        Assert.Equal("weight", JobText.Job(null, "model.reparametrization=weight").Spec.Model.Reparametrization);
        Assert.Equal(new RenormRamp(2, 1, 0.1, 0.3, 0.2), JobText.Job(null, "batchNorm.renorm={rMax: 2, dMax: 1, rampStart: 0.1}").Spec.Renorm);
    }

    [Theory]
    [InlineData("batch=3", "workers=4", "--set batch=3: spec.batch: a batch of 3 leaves some of 4 workers without examples; raise batch or lower workers")]
    [InlineData("workers=129", "seed=1", "--set workers=129: spec.workers: a batch of 128 leaves some of 129 workers without examples; raise batch or lower workers")]
    public void Each_worker_has_an_example_of_each_batch(string first, string second, string problem) =>
        Assert.Equal(problem, Assert.Single(JobText.Problems(null, first, second)));

    [Fact]
    public void A_batch_of_as_many_as_workers_is_enough() => Assert.Equal(64, JobText.Job(null, "batch=64", "workers=64").Spec.Workers);

    [Fact]
    public void A_key_with_a_problem_takes_no_part_in_other_rules() =>
        Assert.Equal("spec.batch", Assert.Single(JobText.Read(null, "batch=-1", "workers=8").Problems).Path);

    [Fact]
    public void Version_and_kind_must_be_said_in_a_file()
    {
        Assert.Equal(
            ["job.yaml:1: apiVersion: is missing; write 'apiVersion: disttrain.dev/v1'", "job.yaml:1: kind: is missing; write 'kind: TrainingJob'"],
            JobText.Problems("spec: {workers: 2}"));
        Assert.Contains("'Job' is not a kind that this program reads; use one of TrainingJob", Assert.Single(JobText.Problems("apiVersion: disttrain.dev/v1\nkind: Job")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_at_the_top_that_belongs_into_spec_is_shown_its_place() =>
        Assert.Equal("spec.workers", Assert.Single(JobText.Read(JobText.Head + "workers: 3").Problems).Suggestion);
}
