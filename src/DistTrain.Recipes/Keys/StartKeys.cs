namespace DistTrain.Recipes.Keys;

/// <summary>The rows of <see cref="JobKeys"/> below <c>spec.from</c>.</summary>
internal static class StartKeys
{
    public static JobKey Section { get; } = JobKey.SectionOf("spec.from", "what the job starts from; without it, from weights that the seed draws");

    public static JobKey Checkpoint { get; } =
        new("spec.from.checkpoint", new TextRule("the path of a checkpoint or a model file"), null, "a checkpoint (step-N), a run's folder (its newest), or a .safetensors file with the model's tensors, as the servers see it; running statistics come along; needed until the job has saved it as its own, at its start")
        {
            DefaultText = "required in from, or file",
            DecidesBits = false,
            ValueIn = j => j.Spec.From is { IsFile: false } from ? from.Checkpoint : null,
        };

    public static JobKey File { get; } =
        new("spec.from.file", new TextRule("the path of a .safetensors file"), null, "in place of checkpoint: a .safetensors file of another program with all of the model's tensors and no others, as the servers see it; F16 and BF16 become float32")
        {
            DefaultText = "none: checkpoint says what",
            DecidesBits = false,
            ValueIn = j => j.Spec.From is { IsFile: true } from ? from.Checkpoint : null,
        };

    public static JobKey Names { get; } =
        new("spec.from.names", new ForeignNamesRule(), null, "what file calls the model's tensors: pytorch, for the names of torchvision, Hugging Face's BERT or nn.Sequential, whichever the model is known by; or {theirs: ours} for each that has another name, {theirs: {name: ours, transpose: true}} of a matrix that the file has with columns and rows exchanged")
        {
            DefaultText = "none: all have the model's",
            DecidesBits = false,
            IgnoredWhen = "file is absent",
            ValueIn = j => j.Spec.From is { IsFile: true, Names: { IsNone: false } names } ? names : null,
        };

    public static JobKey Sha256 { get; } =
        new("spec.from.sha256", new DigestRule(), null, "SHA-256 of what is taken over; of weights alone, their weightsSha256; what has another one is refused")
        {
            DefaultText = "what the cluster finds when the job is submitted",
            ValueIn = j => j.Spec.From?.Sha256,
        };

    public static JobKey Slots { get; } =
        new("spec.from.slots", new ChoiceRule("a way to start slots", StartSlots.All), null, "the optimizer's slots; drop: they start at 0; keep: they are the checkpoint's, which has to be of the same optimizer")
        {
            DefaultText = StartSlots.Drop,
            ValueIn = j => j.Spec.From?.Slots,
        };

    public static JobKey Position { get; } =
        new("spec.from.position", new ChoiceRule("a place to start at", StartPositions.All), null, "start: step 0; keep: the checkpoint's step, epoch and place in the same data, from where length and schedule go on")
        {
            DefaultText = StartPositions.Start,
            ValueIn = j => j.Spec.From?.Position,
        };

    /// <summary>Every key in the order written; a section stands before its keys.</summary>
    public static IReadOnlyList<JobKey> All { get; } = [Section, Checkpoint, File, Names, Sha256, Slots, Position];
}
