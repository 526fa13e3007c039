using DistTrain.Optimization.Options;
using DistTrain.Optimization.Scaling;
using DistTrain.Recipes.Named;

namespace DistTrain.Recipes.Keys;

/// <summary>The table of all keys of the job file. Adding a key is adding a row here and its reading in <c>JobReader</c>.</summary>
internal static class JobKeys
{
    public const string ApiVersion = "disttrain.dev/v1";
    public const string Kind = "TrainingJob";
    public const int DefaultEpochs = 4;

    public static JobKey ApiVersionKey { get; } =
        new("apiVersion", new ChoiceRule("a version that this program reads", [ApiVersion]), null, "version of this format") { ValueIn = _ => ApiVersion };

    public static JobKey KindKey { get; } =
        new("kind", new ChoiceRule("a kind that this program reads", [Kind]), null, "what the file describes") { ValueIn = _ => Kind };

    public static JobKey Metadata { get; } = JobKey.SectionOf("metadata", "what the job is called");

    public static JobKey Name { get; } =
        new("metadata.name", new JobNameRule(), null, "name of the job") { DefaultText = "the dataset's name", DecidesBits = false, ValueIn = j => j.Name };

    public static JobKey Spec { get; } = JobKey.SectionOf("spec", "the job itself");

    public static JobKey Recipe { get; } =
        new("spec.recipe", new ChoiceRule("a recipe", NamedRecipe.Names), null, "a named setting; what the job leaves out is taken from it, see below")
        {
            DefaultText = "none",
            DecidesBits = false,
            ValueIn = j => j.Spec.Recipe,
        };

    public static JobKey Dataset { get; } = JobKey.SectionOf("spec.dataset", "what is learned from");

    public static JobKey DatasetName { get; } =
        new("spec.dataset.name", new ChoiceRule("a dataset", DatasetNames.All), DatasetNames.Digits, "the dataset; digits is synthetic and built in; text: a folder with train.txt and test.txt in UTF-8")
        {
            ValueIn = j => j.Spec.Dataset.Name,
        };

    public static JobKey DatasetPath { get; } =
        new("spec.dataset.path", new TextRule("the folder of the data"), null, "folder of the data, as the silos see it; digits has none")
        {
            DefaultText = "required, except for digits",
            DecidesBits = false,
            ValueIn = j => j.Spec.Dataset.Path,
        };

    public static JobKey DatasetHeader { get; } =
        new("spec.dataset.header", new ChoiceRule("a reading of the first line", CsvHeaders.All), null, "csv: what the first line of each file is; first-line: names of columns; none: an example; auto: names if no field is a number or one names the label, an example if all are numbers; what may be either (numbers that count up by one, or the same whole numbers in both files) is refused")
        {
            DefaultText = CsvHeaders.Auto,
            DecidesBits = false,
            IgnoredWhen = NoCsv,
            ValueIn = j => j.Spec.Dataset.Name == DatasetNames.Csv ? j.Spec.Dataset.Header : null,
        };

    public static JobKey DatasetLabel { get; } =
        new("spec.dataset.label", new TextRule("the label's column"), null, "csv: the column of the class, by its name in the header, or by its number from 1 in a file without one")
        {
            DefaultText = "the column named label, else the last",
            DecidesBits = false,
            IgnoredWhen = NoCsv,
            ValueIn = j => j.Spec.Dataset.Name == DatasetNames.Csv ? j.Spec.Dataset.Label : null,
        };

    public static JobKey TrainExamples { get; } =
        new("spec.dataset.trainExamples", new WholeRule(1, 100_000_000), null, "examples of the training set: the first ones; of digits, how many are made")
        {
            DefaultText = $"all; of digits, {DatasetNames.DigitsTrainExamples}",
            ValueIn = j => j.Spec.Dataset.TrainExamples,
        };

    public static JobKey TestExamples { get; } =
        new("spec.dataset.testExamples", new WholeRule(1, 100_000_000), null, "the same for the test set")
        {
            DefaultText = $"all; of digits, {DatasetNames.DigitsTestExamples}",
            ValueIn = j => j.Spec.Dataset.TestExamples,
        };

    public static JobKey Validation { get; } =
        new("spec.dataset.validation", new ShareOrCountRule(100_000_000), null, "examples of the training set, a share or a count, that are set apart, as the seed draws them: versions are evaluated on them, and on the test set only the last")
        {
            DefaultText = "none: versions are evaluated on the test set",
            ValueIn = j => j.Spec.Dataset.Validation?.Amount,
        };

    public static JobKey DatasetNormalize { get; } =
        new("spec.dataset.normalize", new ChoiceRule("a normalization of inputs", InputNormalizations.All), InputNormalizations.None, "brings each feature, or each channel over its positions, to mean 0 and deviation 1 over the training set; taken in the job's first step, kept with the weights")
        {
            ValueIn = j => j.Spec.Dataset.Normalize,
        };

    public static JobKey Model { get; } = JobKey.SectionOf("spec.model", "what learns");

    public static JobKey ModelName { get; } =
        new("spec.model.name", new ChoiceRule("a model", ModelNames.All), ModelNames.Cnn, "the model; resnet20 is for small images, resnet18 and resnet50 for large ones; custom is built from layers")
        {
            ValueIn = j => j.Spec.Model.Name,
        };

    public static JobKey ModelNorm { get; } =
        new("spec.model.norm", new ChoiceRule("a normalization", NormKinds.All), null, "what stands behind each convolution, or hidden linear layer of mlp; custom says so in its layers")
        {
            DefaultText = "none; for residual networks batch",
            IgnoredWhen = "the model is softmax, transformer or bert",
            ValueIn = j => j.Spec.Model.Norm,
        };

    public static JobKey ModelZeroGamma { get; } =
        new("spec.model.zeroGamma", new FlagRule(), false, "the scale of the last norm of each residual block starts at 0, so that each block starts as its shortcut (1706.02677); custom says so in its layers")
        {
            IgnoredWhen = "the model is none of resnet20, resnet18 and resnet50, or has no norm",
            ValueIn = j => j.Spec.Model.ZeroGamma,
        };

    public static JobKey ModelReparametrization { get; } =
        new("spec.model.reparametrization", new ChoiceRule("a reparametrization", Reparametrizations.All), Reparametrizations.None, "what the weights of all linear and convolutional layers are made of; weight: g·v/‖v‖ (1602.07868); spectral: W/σ(W) (1802.05957); custom says so in its layers")
        {
            ValueIn = j => j.Spec.Model.Reparametrization,
        };

    public static JobKey ModelSpectralPenalty { get; } = JobKey.NumberOf(
        "spec.model",
        new("spectralPenalty", OptionKind.Number, 0.0, "λ: adds λ/2·Σσ(W)² over the linear and convolutional layers' weights to the loss (1705.10941); not over those that are reparametrized") { Minimum = 0 },
        j => j.Spec.Model.SpectralPenalty);

    public static JobKey ModelLayers { get; } =
        new("spec.model.layers", new LayersRule(), null, "the layers in order, see below")
        {
            DefaultText = "required for custom, and only there",
            ValueIn = j => j.Spec.Model.Layers is { Count: > 0 } layers ? layers : null,
        };

    public static JobKey Workers { get; } =
        new("spec.workers", new WholeRule(1, 1024), 2L, "number of ranks that share each batch; decides bits, whatever the number of silos") { ValueIn = j => j.Spec.Workers };

    public static JobKey Batch { get; } =
        new("spec.batch", new BatchRule(), new BatchRecipe(128, null), "examples in a step, over all ranks; at least one for each; or how they change, see below")
        {
            DefaultText = "128",
            ValueIn = j => j.Spec.BatchPlan,
        };

    public static JobKey MicroBatch { get; } =
        new("spec.microBatch", new MicroBatchRule(), 256L, "most examples in one forward pass of a rank; decides bits and memory; auto: the silo that takes the job in tries sizes on its device, takes the fastest that fits, and from then on the job says which") { ValueIn = j => j.Spec.MicroBatch == MicroBatches.Open ? MicroBatches.Auto : j.Spec.MicroBatch };

    public static JobKey Epochs { get; } =
        new("spec.epochs", new WholeRule(1, 1_000_000), null, "length in passes over the training set; not together with steps")
        {
            DefaultText = $"{DefaultEpochs}, when steps is absent",
            ValueIn = j => j.Spec.Epochs,
        };

    public static JobKey Steps { get; } =
        new("spec.steps", new WholeRule(1, 1_000_000_000_000), null, "length in updates; not together with epochs")
        {
            DefaultText = "none: epochs say the length",
            ValueIn = j => j.Spec.Steps,
        };

    public static JobKey TrainAccuracy { get; } =
        new("spec.trainAccuracy", new NumberRule(new("trainAccuracy", OptionKind.Number, null, "accuracy") { Minimum = 0, ExclusiveMinimum = true, Maximum = 1 }), null, "train accuracy over an epoch with whose end training ends, whatever is left of its length; only without averaging")
        {
            DefaultText = "none: the length alone says when",
            ValueIn = j => j.Spec.TrainAccuracy,
        };

    public static JobKey Seed { get; } =
        new("spec.seed", new WholeRule(long.MinValue, long.MaxValue), 1L, "decides initialization, order of the data and every other random draw") { ValueIn = j => j.Spec.Seed };

    public static JobKey Determinism { get; } =
        new("spec.determinism", new ChoiceRule("a determinism", Determinisms.All), Determinisms.Host, "the same bits on all processors of one kind (host), or on all with AVX2 (portable: no library computes with anything newer); servers and silos are started for one of them")
        {
            ValueIn = j => j.Spec.Determinism,
        };

    public static JobKey Precision { get; } =
        new("spec.precision", new ChoiceRule("a precision", Precisions.All), Precisions.Float32, "what matrix products and convolutions multiply in while training; weights, gradients, norms, softmax, loss and sums are float32, and so is evaluation")
        {
            ValueIn = j => j.Spec.Precision,
        };

    public static JobKey Device { get; } =
        new("spec.device", new ChoiceRule("a device", DeviceKinds.All), DeviceKinds.Cpu, "what ranks compute on: the processor, or CUDA devices, whose bits are others and equal on one kind of device; auto: CUDA where the silo that takes the job in has a device, and from then on the job says which")
        {
            ValueIn = j => j.Spec.Device,
        };

    public static JobKey Optimizer { get; } =
        new("spec.optimizer", new PolicyRule(PolicyCatalog.Optimizers), null, "how a gradient becomes an update; its options stand beside its name, see below")
        {
            DefaultText = "",
            ValueIn = j => j.Spec.Optimizer,
        };

    public static JobKey OptimizerName { get; } = PolicyName(Optimizer, j => j.Spec.Optimizer);

    public static JobKey Schedule { get; } =
        new("spec.schedule", new PolicyRule(PolicyCatalog.Schedules), null, "how the learning rate changes; its options stand beside its name, see below")
        {
            DefaultText = "",
            ValueIn = j => j.Spec.Schedule,
        };

    public static JobKey ScheduleName { get; } = PolicyName(Schedule, j => j.Spec.Schedule);

    public static JobKey Averaging { get; } =
        new("spec.averaging", new PolicyRule(PolicyCatalog.Averagings), null, "what becomes of the versions' weights; its options stand beside its name, see below")
        {
            DefaultText = "",
            ValueIn = j => j.Spec.Averaging,
        };

    public static JobKey AveragingName { get; } = PolicyName(Averaging, j => j.Spec.Averaging);

    public static JobKey Scaling { get; } = JobKey.SectionOf("spec.scaling", "how rate and warm-up follow the batch") with
    {
        NoteIn = j => j.Spec.Scaling.Rule == ScalingRules.None ? null : JobRates.Resolve(j.Spec).Text,
    };

    public static JobKey ScalingRule { get; } =
        new("spec.scaling.rule", new ChoiceRule("a scaling rule", ScalingRules.All), ScalingRules.None, "linear: the rate grows as the batch; sqrt: as its root; legw: as its root, and the epochs of the warm-up as the batch; adascale: by each step's measured gain over one rank's share of the batch")
        {
            ValueIn = j => j.Spec.Scaling.Rule,
        };

    public static JobKey ScalingReferenceBatch { get; } =
        new("spec.scaling.referenceBatch", new WholeRule(1, 1_048_576), 256L, "the batch that optimizer.lr and the warm-up were tuned for")
        {
            IgnoredWhen = NoScaling,
            ValueIn = j => j.Spec.Scaling.ReferenceBatch,
        };

    public static JobKey ScalingWarmupFrom { get; } =
        new("spec.scaling.warmupFrom", new ChoiceRule("a start of the warm-up", WarmupStarts.All), WarmupStarts.Zero, "reference: the warm-up starts at the rate before scaling; zero: where the schedule's warmupFrom says")
        {
            IgnoredWhen = NoScaling,
            ValueIn = j => j.Spec.Scaling.WarmupFrom,
        };

    public static JobKey Checkpoint { get; } = JobKey.SectionOf("spec.checkpoint", "what is saved under way");

    public static JobKey CheckpointEverySteps { get; } =
        new("spec.checkpoint.everySteps", new WholeRule(0, 1_000_000_000), 0L, "steps between checkpoints; 0: only the last step")
        {
            DecidesBits = false,
            DecidesBitsOf = j => j.Spec.Numerics.Policy == NumericsPolicies.Rollback,
            ValueIn = j => j.Spec.Checkpoint.EverySteps,
        };

    public static JobKey CheckpointKeep { get; } =
        new("spec.checkpoint.keep", new WholeRule(1, 1_000_000), 2L, "how many checkpoints are kept: the newest") { DecidesBits = false, ValueIn = j => j.Spec.Checkpoint.Keep };

    public static JobKey Evaluation { get; } = JobKey.SectionOf("spec.evaluation", "tests under way");

    public static JobKey EvaluationEveryEpochs { get; } =
        new("spec.evaluation.everyEpochs", new WholeRule(0, 1_000_000), 1L, "epochs between evaluations, on dataset.validation or else the test set; 0: only at the end") { ValueIn = j => j.Spec.Evaluation.EveryEpochs };

    /// <summary>Every key in the order written; a section stands before its keys.</summary>
    public static IReadOnlyList<JobKey> All { get; } =
    [
        ApiVersionKey, KindKey,
        Metadata, Name,
        Spec,
        Recipe,
        Dataset, DatasetName, DatasetPath, DatasetHeader, DatasetLabel, .. TextKeys.All, TrainExamples, TestExamples, Validation, DatasetNormalize,
        .. TaskKeys.All,
        Model, ModelName, ModelNorm, ModelZeroGamma, ModelReparametrization, ModelSpectralPenalty, .. TransformerKeys.All, ModelLayers,
        .. StartKeys.All,
        Workers, Batch, MicroBatch, Epochs, Steps, TrainAccuracy, Seed, Determinism, Precision, Device,
        Optimizer, OptimizerName,
        .. ParameterRateKeys.All,
        Schedule, ScheduleName,
        Averaging, AveragingName,
        Scaling, ScalingRule, ScalingReferenceBatch, ScalingWarmupFrom,
        .. BatchNormKeys.All,
        Checkpoint, CheckpointEverySteps, CheckpointKeep,
        Evaluation, EvaluationEveryEpochs,
        .. NumericsKeys.All,
        .. UpdateProbeKeys.All,
    ];

    private const string NoCsv = "the dataset is not csv";

    private const string NoScaling = "rule is none";

    private static JobKey PolicyName(JobKey section, Func<TrainingJob, PolicyRecipe> policy)
    {
        var catalog = ((PolicyRule)section.Rule).Catalog;
        return new($"{section.Path}.name", new ChoiceRule(catalog.Noun, catalog.Names), catalog.Default, $"the {catalog.Word}")
        {
            ValueIn = j => policy(j).Name,
        };
    }
}
