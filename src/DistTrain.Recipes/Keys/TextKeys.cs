namespace DistTrain.Recipes.Keys;

/// <summary>The rows of <see cref="JobKeys"/> that say what of a text an example is; other data are written without them.</summary>
internal static class TextKeys
{
    public static JobKey Tokens { get; } = Row(
        new("spec.dataset.tokens", new ChoiceRule("what a token is", TokenKinds.All), null, "text: what a token is; characters: those of the training text, in UTF-8, are the vocabulary, and the test text may have no others; bytes: all 256, of whatever files; wordPiece: parts of words, of the vocabulary vocab.txt beside the text, as BERT's are (a line a token, among them [PAD], [UNK], [CLS], [SEP] and [MASK]); bytePair: bytes that often stand together, of the vocabulary vocab.json and merges.txt beside the text, as GPT-2's are; uint16, uint32: numbers that another program has made, little-endian in train.bin and test.bin, which may be larger than memory"),
        TokenKinds.Characters,
        dataset => dataset.Tokens);

    public static JobKey VocabularySize { get; } =
        new("spec.dataset.vocabularySize", new WholeRule(2, DatasetNames.MostTokens - 2), null, "uint16, uint32: how many different tokens there are; each is below it")
        {
            DefaultText = "required for uint16 and uint32, and only there",
            ValueIn = j => (long?)j.Spec.Dataset.VocabularySize,
        };

    public static JobKey VocabularySha256 { get; } =
        new("spec.dataset.vocabularySha256", new DigestRule(), null, "wordPiece: SHA-256 of vocab.txt; bytePair: of vocab.json with merges.txt behind it; another one is refused")
        {
            DefaultText = "none: the vocabulary that is there; it is a part of the data's identity",
            DecidesBits = false,
            ValueIn = j => j.Spec.Dataset.VocabularySha256,
        };

    public static JobKey Context { get; } = Row(
        new("spec.dataset.context", new WholeRule(1, 65_536), null, "text: tokens of an example, at most"),
        $"{DatasetNames.DefaultContext}",
        dataset => dataset.Context);

    public static JobKey Length { get; } =
        new("spec.dataset.length", new WholeRule(1, 65_536), null, "text, packed: tokens of an example, where they are to be fewer than a model has places for: a job that starts from this one's weights may have longer ones")
        {
            DefaultText = "the context",
            IgnoredWhen = "the dataset is not text, or documents is padded",
            ValueIn = j => (long?)j.Spec.Dataset.Length,
        };

    public static JobKey Documents { get; } = Row(
        new("spec.dataset.documents", new ChoiceRule("what an example of text is", DocumentLayouts.All), null, "text: what an example is; packed: as many tokens as length says, one after the other, wherever lines end; padded: a line, with its end where next tokens are told; lines without a token are left out, one that is longer than the context is refused, what is shorter is padded, and padding has no part in anything"),
        DocumentLayouts.Packed,
        dataset => dataset.Documents);

    /// <summary>Every key in the order written.</summary>
    public static IReadOnlyList<JobKey> All { get; } = [Tokens, VocabularySize, VocabularySha256, Context, Length, Documents];

    private static JobKey Row(JobKey key, string value, Func<DatasetRecipe, object> valueIn) => key with
    {
        DefaultText = value,
        IgnoredWhen = "the dataset is not text",
        ValueIn = j => j.Spec.Dataset.HasTokens ? valueIn(j.Spec.Dataset) : null,
    };
}
