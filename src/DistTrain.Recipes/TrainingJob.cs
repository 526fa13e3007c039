using DistTrain.Optimization.Averaging;
using DistTrain.Optimization.Batches;
using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Options;
using DistTrain.Optimization.Scaling;

namespace DistTrain.Recipes;

/// <summary>A resolved job: what the user wrote over the defaults. Immutable; the job alone decides the bits of the result.</summary>
/// <param name="Name"><c>metadata.name</c>: lower-case letters, digits and dashes, at most 40.</param>
/// <param name="Spec">Everything else.</param>
public sealed record TrainingJob(string Name, TrainingSpec Spec)
{
    /// <summary>The job with the paths in it written otherwise.</summary>
    public TrainingJob WithPaths(Func<string, string> written) => this with
    {
        Spec = Spec with
        {
            Dataset = Spec.Dataset with { Path = Spec.Dataset.Path is { } data ? written(data) : null },
            From = Spec.From is { } start ? start with { Checkpoint = written(start.Checkpoint) } : null,
        },
    };

    /// <summary>The job on a device.</summary>
    /// <param name="device">cpu or cuda.</param>
    public TrainingJob On(string device) => this with { Spec = Spec with { Device = device } };

    /// <summary>
    /// The job with what it leaves open as it was answered before: its device, its micro-batch, and the digest of what it starts from. Where nothing was
    /// answered it stays open.
    /// </summary>
    public TrainingJob AnsweredLike(TrainingJob before) => this with
    {
        Spec = Spec with
        {
            Device = Spec.Device == DeviceKinds.Auto ? before.Spec.Device : Spec.Device,
            MicroBatch = Spec.MicroBatch == MicroBatches.Open ? before.Spec.MicroBatch : Spec.MicroBatch,
            From = Spec.From is { Sha256: null } start ? start with { Sha256 = before.Spec.From?.Sha256 } : Spec.From,
        },
    };
}

/// <summary>The <c>spec</c> of a job file.</summary>
public sealed record TrainingSpec
{
    /// <summary>Name of the recipe that was laid under the job, or null. What it brought is in the other properties.</summary>
    public string? Recipe { get; init; }

    public required DatasetRecipe Dataset { get; init; }

    public required ModelRecipe Model { get; init; }

    /// <summary>What the job starts from; null: from the weights that its seed draws.</summary>
    public StartRecipe? From { get; init; }

    /// <summary>Number of ranks (logical workers), fixed for the job. At least 1.</summary>
    public required int Workers { get; init; }

    /// <summary>Examples in a step, and how they change.</summary>
    public required BatchRecipe BatchPlan { get; init; }

    /// <summary>Examples in the first step, over all ranks; in every step, unless the batch changes. At least <see cref="Workers"/>.</summary>
    public int Batch => BatchPlan.Examples;

    /// <summary>Largest number of examples in one forward pass of a rank. Decides bits, so it has a fixed default; <see cref="MicroBatches.Open"/> until it is found.</summary>
    public required int MicroBatch { get; init; }

    /// <summary>Length in epochs; null when <see cref="Steps"/> is given.</summary>
    public required int? Epochs { get; init; }

    /// <summary>Length in steps; null when <see cref="Epochs"/> is given.</summary>
    public required long? Steps { get; init; }

    /// <summary>Share of right answers over an epoch with whose end training ends before its length; null: its length says when.</summary>
    public double? TrainAccuracy { get; init; }

    /// <summary>Seed of initialization, data order and every other random draw.</summary>
    public required long Seed { get; init; }

    /// <summary>host or portable: on which processors the job has the same bits.</summary>
    public required string Determinism { get; init; }

    /// <summary>One of <see cref="Precisions"/>: what forward and backward passes multiply in.</summary>
    public string Precision { get; init; } = Precisions.Float32;

    /// <summary>One of <see cref="DeviceKinds"/>: what ranks compute on.</summary>
    public string Device { get; init; } = DeviceKinds.Cpu;

    public required PolicyRecipe Optimizer { get; init; }

    /// <summary>Patterns over the names of parameters that take no update; <see cref="ParameterRates"/> resolves them.</summary>
    public IReadOnlyList<string> Freeze { get; init; } = [];

    /// <summary>What the rate of some of the others is multiplied by.</summary>
    public IReadOnlyList<RateFactor> Rates { get; init; } = [];

    public required PolicyRecipe Schedule { get; init; }

    public required PolicyRecipe Averaging { get; init; }

    /// <summary>What the averaging makes of the job.</summary>
    public AveragingPlan AveragingPlan => AveragingCatalog.Plan(Averaging.Name, Averaging.Options);

    /// <summary>What a batch other than the one the rate was tuned for does to the rate; <see cref="JobRates"/> resolves it.</summary>
    public required ScalingRecipe Scaling { get; init; }

    public required BatchNormRecipe BatchNorm { get; init; }

    /// <summary>How far batch renormalization corrects; of no effect without such layers.</summary>
    public required RenormRamp Renorm { get; init; }

    public required CheckpointRecipe Checkpoint { get; init; }

    public required EvaluationRecipe Evaluation { get; init; }

    /// <summary>Set in a probe: the rest says of which job the weights are that it looks at, and how they are computed with. Null: the job trains.</summary>
    public ProbeRecipe? Probe { get; init; }

    /// <summary>What is measured of the landscape while the job trains.</summary>
    public UpdateProbeRecipe UpdateProbe { get; init; } = new(EverySteps: 0, UpdateProbes.CriticalSharpness);

    public NumericsRecipe Numerics { get; init; } = new(NumericsPolicies.Stop, OutlierFactor: 0, ReplayCheck: 0);

    /// <summary>Most examples in one forward pass of a rank at any time of the job.</summary>
    public int LargestMicroBatch
    {
        get
        {
            var share = (BatchPlan.Largest + Workers - 1) / Workers;
            return Math.Min(MicroBatch, Math.Max(share, AveragingPlan.Alone?.Batch ?? 0));
        }
    }
}

/// <summary>A policy by name with its resolved options (every documented option is present).</summary>
public sealed record PolicyRecipe(string Name, OptionValues Options);

/// <param name="Examples">Examples in the first step.</param>
/// <param name="Policy">How they change (growth or auto), or null.</param>
public sealed record BatchRecipe(int Examples, PolicyRecipe? Policy)
{
    /// <summary>Most examples in a step at any time.</summary>
    public int Largest => Policy is null ? Examples : (int)Policy.Options.Whole("to");

    /// <summary>It changes with the epoch.</summary>
    public bool CountsEpochs => Definition is { CountsEpochs: true };

    /// <summary>How it follows the noise of the gradients; null where it does not.</summary>
    public BatchFollowing? Following => Definition?.Follow(Policy!.Options);

    private IBatchDefinition? Definition => Policy is null ? null : BatchCatalog.Find(Policy.Name);

    /// <summary>Examples in a full step of an epoch (finished epochs), as far as it is known beforehand: the first batch where the noise decides it.</summary>
    public int At(int epoch) => Definition?.BatchAt(Policy!.Options, epoch) ?? Examples;
}

/// <param name="Name">One of <see cref="DatasetNames"/>.</param>
/// <param name="Path">Folder of the data as the silos see it; null for digits.</param>
/// <param name="TrainExamples">digits: size of the training set; otherwise a cap on it (the first ones), or null for all.</param>
/// <param name="TestExamples">The same for the test set.</param>
/// <param name="Normalize">none, feature or channel: what is brought to mean 0 and deviation 1.</param>
public sealed record DatasetRecipe(string Name, string? Path, int? TrainExamples, int? TestExamples, string Normalize = InputNormalizations.None)
{
    /// <summary>csv: one of <see cref="CsvHeaders"/>, what the first line of each file is.</summary>
    public string Header { get; init; } = CsvHeaders.Auto;

    /// <summary>csv: the label's column, by its name in the header or, without one, by its number from 1; null: the one named label, else the last.</summary>
    public string? Label { get; init; }

    /// <summary>What of the training set is set apart; null: nothing.</summary>
    public ValidationRecipe? Validation { get; init; }

    /// <summary>text: one of <see cref="TokenKinds"/>.</summary>
    public string Tokens { get; init; } = TokenKinds.Characters;

    /// <summary>uint16 and uint32: how many different tokens there are; null for others.</summary>
    public int? VocabularySize { get; init; }

    /// <summary>SHA-256 that a vocabulary beside the text must have, lower-case hex; null: any.</summary>
    public string? VocabularySha256 { get; init; }

    /// <summary>text: tokens of an example, at most; 0 for others.</summary>
    public int Context { get; init; }

    /// <summary>text, packed: tokens of an example, where it has fewer than the context, for which a model has places; null: as many.</summary>
    public int? Length { get; init; }

    /// <summary>text, packed: tokens of an example.</summary>
    public int TokensOfExample => Length ?? Context;

    /// <summary>The key that says so.</summary>
    public string KeyOfLength => Length is null ? "dataset.context" : "dataset.length";

    /// <summary>text: one of <see cref="DocumentLayouts"/>, what of it an example is.</summary>
    public string Documents { get; init; } = DocumentLayouts.Packed;

    /// <summary>text: which tokens are hidden and to be told; null: each next one is.</summary>
    public MaskingRecipe? Masking { get; init; }

    /// <summary>Images and tables: how their class is told.</summary>
    public ClassificationRecipe Classification { get; init; } = ClassificationRecipe.Plain;

    /// <summary>csv: how a number is told; null: a class is.</summary>
    public RegressionRecipe? Regression { get; init; }

    /// <summary>Examples are tokens.</summary>
    public bool HasTokens => Name == DatasetNames.Text;

    /// <summary>One of <see cref="TaskNames"/>.</summary>
    public string Task => !HasTokens
        ? Regression is null ? TaskNames.Classification : TaskNames.Regression
        : Masking is null ? TaskNames.NextToken : TaskNames.MaskedToken;
}

/// <param name="Name">One of <see cref="ModelNames"/>; custom when <paramref name="Layers"/> is given.</param>
/// <param name="Norm">One of <see cref="NormKinds"/>: what stands behind each convolution (or hidden linear layer of mlp).</param>
/// <param name="Layers">The user's own network, empty for a built-in.</param>
public sealed record ModelRecipe(string Name, string Norm, IReadOnlyList<LayerRecipe> Layers)
{
    /// <summary>One of <see cref="Reparametrizations"/>: of every linear and convolutional layer of a built-in, the one that gives the scores included.</summary>
    public string Reparametrization { get; init; } = Reparametrizations.None;

    /// <summary>λ: λ/2·Σσ(W)² over all plain weights is added to the mean loss; 0 for none.</summary>
    public double SpectralPenalty { get; init; }

    /// <summary>The scale of the last norm of each residual block of a built-in starts at 0.</summary>
    public bool ZeroGamma { get; init; }

    /// <summary>resnet18 and resnet50: channels of the first stage; null for others.</summary>
    public int? Width { get; init; }

    /// <summary>transformer and bert: how large it is; null for others.</summary>
    public TransformerSize? Size { get; init; }
}

/// <param name="Width">Numbers for each token.</param>
/// <param name="Depth">Blocks of attention and two linear layers.</param>
/// <param name="Heads">Of each attention; a divisor of the width.</param>
public sealed record TransformerSize(int Width, int Depth, int Heads);

/// <param name="Rule">none, linear, sqrt or legw.</param>
/// <param name="ReferenceBatch">The batch that the optimizer's rate and the warm-up were tuned for. At least 1.</param>
/// <param name="WarmupFrom">zero (or where the schedule says), or reference: the warm-up starts at the rate before scaling.</param>
public sealed record ScalingRecipe(string Rule, int ReferenceBatch, string WarmupFrom)
{
    /// <summary>Each step's rate is multiplied by a gain that is measured on the noise of the gradients.</summary>
    public bool MeasuresGain => Rule == ScalingRules.AdaScale;

    /// <summary>The scaling of a job with that batch.</summary>
    public BatchScaling For(int batch) => new(Rule, batch, ReferenceBatch, WarmupFrom == WarmupStarts.Reference);
}

/// <param name="Scope">Over which examples the batch statistics are taken.</param>
/// <param name="Evaluation">Which statistics evaluation uses: running, last or recompute.</param>
/// <param name="Momentum">Weight of the new statistics in the running ones (PyTorch's convention; the lecture's p is 1 − momentum).</param>
/// <param name="Epsilon">Added to the variance, by the other norms too.</param>
public sealed record BatchNormRecipe(BatchNormScope Scope, string Evaluation, double Momentum, double Epsilon);

/// <param name="EverySteps">Steps between checkpoints; 0 means only the final one.</param>
/// <param name="Keep">How many checkpoints are kept.</param>
public sealed record CheckpointRecipe(int EverySteps, int Keep);

/// <param name="Policy">stop, skip-step or rollback: what a step whose numbers are wrong does to the job.</param>
/// <param name="OutlierFactor">How far over the median of the last steps the norm of a rank's gradient may lie; 0: as far as it likes.</param>
/// <param name="ReplayCheck">Steps between two in which a rank's gradient is computed a second time by another; 0: never.</param>
public sealed record NumericsRecipe(string Policy, double OutlierFactor, int ReplayCheck)
{
    /// <summary>A step is updated only once its numbers have been judged: buckets wait for the last one.</summary>
    public bool Judges => Policy != NumericsPolicies.Stop || OutlierFactor > 0;
}

/// <param name="EveryEpochs">Epochs between evaluations on the test set; 0 means only at the end.</param>
public sealed record EvaluationRecipe(int EveryEpochs);
