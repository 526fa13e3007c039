using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DistTrain.Recipes;

namespace DistTrain.Torch.Data.Examples;

/// <summary>
/// Labelled examples in memory, each a row-major block of <see cref="Features"/> numbers. Immutable: a silo loads a set once
/// for all its ranks. Images stay bytes (a quarter of the memory, a quarter of the traffic) and are scaled when they are copied. Of tokens an example is a part
/// of a text, and its labels are the tokens behind each of its own; examples of a text may differ in length.
/// </summary>
public sealed class ExampleSet
{
    private readonly byte[] _pixels = [];
    private readonly float[] _values = [];
    private readonly ExampleLabels? _labels;
    private readonly TokenRuns? _runs;

    private ExampleSet(IReadOnlyList<int> shape, int classes, ExampleLabels labels, long stored)
    {
        if (shape.Count == 0 || shape.Any(side => side < 1))
            throw new ArgumentException($"shape [{string.Join(", ", shape)}] has no sides or one below 1", nameof(shape));
        Shape = [.. shape];
        Features = checked(shape.Aggregate(1, (product, side) => product * side));
        Classes = classes;
        if (stored != (long)labels.Count * Features)
            throw new ArgumentException($"{labels.Count} examples of {Features} features need {(long)labels.Count * Features} values, not {stored}", nameof(labels));
        if (labels.Classes.ContainsAnyExceptInRange(0, classes - 1))
            throw new ArgumentException($"a label lies outside 0..{classes - 1}", nameof(labels));
        _labels = labels;
    }

    private ExampleSet(IReadOnlyList<int> shape, int classes, byte[] pixels, ExampleLabels labels)
        : this(shape, classes, labels, pixels.LongLength) => _pixels = pixels;

    private ExampleSet(IReadOnlyList<int> shape, int classes, float[] values, ExampleLabels labels)
        : this(shape, classes, labels, values.LongLength) => _values = values;

    private ExampleSet(int context, int classes, TokenRuns runs) =>
        (Shape, Features, Classes, Targets, HasTokens, _runs) = ([context], context, classes, context, true, runs);

    /// <summary>The label of what is not to be told: it has no part in loss and accuracy. libtorch's cross entropy passes over it.</summary>
    public const long NoLabel = -100;

    /// <summary>Number of examples.</summary>
    public int Count => _runs?.Count ?? _labels!.Count;

    /// <summary>Labels of an example, at most: 1, or one for each of its tokens.</summary>
    public int Targets { get; } = 1;

    /// <summary>Features are tokens, whole numbers 0..<see cref="Classes"/> − 1, and so are labels.</summary>
    public bool HasTokens { get; }

    /// <summary>Examples may differ in length: the shape is that of the longest that may be.</summary>
    public bool IsUneven => _runs is { AreUneven: true };

    /// <summary>What sums over the set are divided by.</summary>
    public Divisor Whole => DivisorOf([.. Enumerable.Range(0, Count)]);

    /// <summary>Shape of one example: [channels, height, width] for images, [features] for tables, [tokens] for text.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>Numbers in one example: the product of <see cref="Shape"/>.</summary>
    public int Features { get; }

    /// <summary>Number of classes; labels are 0..<see cref="Classes"/> − 1. 1 where numbers are to be told: scores of an example.</summary>
    public int Classes { get; }

    /// <summary>Images: bytes 0..255 that <see cref="CopyFeatures"/> scales to [0, 1]. Keeps the arrays; the caller gives them up.</summary>
    /// <param name="shape">Shape of one image.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="pixels">[count, shape…], row-major.</param>
    /// <param name="labels">[count].</param>
    /// <exception cref="ArgumentException">The lengths do not agree, or a label is not in 0..<paramref name="classes"/> − 1.</exception>
    public static ExampleSet OfPixels(IReadOnlyList<int> shape, int classes, byte[] pixels, int[] labels) =>
        new(shape, classes, pixels, ExampleLabels.OfClasses(labels));

    /// <summary>Tables: numbers that <see cref="CopyFeatures"/> gives as they are. Keeps the arrays; the caller gives them up.</summary>
    /// <param name="shape">Shape of one example.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="values">[count, shape…], row-major.</param>
    /// <param name="labels">[count].</param>
    /// <exception cref="ArgumentException">The lengths do not agree, or a label is not in 0..<paramref name="classes"/> − 1.</exception>
    public static ExampleSet OfValues(IReadOnlyList<int> shape, int classes, float[] values, int[] labels) =>
        new(shape, classes, values, ExampleLabels.OfClasses(labels));

    /// <summary>Tables of which a number is to be told. Keeps the arrays; the caller gives them up.</summary>
    /// <param name="shape">Shape of one example.</param>
    /// <param name="values">[count, shape…], row-major.</param>
    /// <param name="numbers">[count], finite.</param>
    /// <exception cref="ArgumentException">The lengths do not agree.</exception>
    public static ExampleSet OfNumbers(IReadOnlyList<int> shape, float[] values, float[] numbers) =>
        new(shape, classes: 1, values, ExampleLabels.OfNumbers(numbers));

    /// <summary>
    /// Text: each example has so many tokens, one behind the other, each with the one behind it for its label, and what is left over at the end is in none.
    /// Keeps the array; the caller gives it up.
    /// </summary>
    /// <param name="context">Tokens of an example.</param>
    /// <param name="classes">Number of different tokens.</param>
    /// <param name="tokens">More than an example has.</param>
    /// <param name="length">Tokens of an example, where it has fewer than a model has places for: <paramref name="context"/>.</param>
    /// <exception cref="ArgumentException">A token is not in 0..<paramref name="classes"/> − 1.</exception>
    public static ExampleSet OfTokens(int context, int classes, ushort[] tokens, int? length = null)
    {
        var most = length ?? context;
        return Of(classes, tokens, new TokenRuns(TokenText.Of(tokens), Starts(most, (tokens.Length - 1) / most), 1, [], most, padding: 0, masks: null), context);
    }

    /// <summary>The same with some tokens hidden, which are to be told.</summary>
    /// <param name="context">Tokens of an example.</param>
    /// <param name="vocabulary">What tokens stand for; has a mask.</param>
    /// <param name="tokens">At least as many as an example has.</param>
    /// <param name="masking">What is hidden.</param>
    /// <param name="length">As of <see cref="OfTokens"/>.</param>
    /// <exception cref="ArgumentException">A token is not of the vocabulary.</exception>
    public static ExampleSet OfMasked(int context, Vocabulary vocabulary, ushort[] tokens, MaskingRecipe masking, int? length = null)
    {
        var most = length ?? context;
        return Of(vocabulary.Tokens.Count, tokens, new TokenRuns(TokenText.Of(tokens), Starts(most, tokens.Length / most), 1, [], most, vocabulary.Padding, new Masks(masking, vocabulary)), context);
    }

    /// <summary>Text: each example is a run of tokens of its own, behind which stands one more, or some of which are hidden. Keeps the arrays; the caller gives them up.</summary>
    /// <param name="context">Most tokens of an example.</param>
    /// <param name="vocabulary">What tokens stand for. Nothing depends on the one of padding.</param>
    /// <param name="tokens">All of them.</param>
    /// <param name="starts">Of each example its first token.</param>
    /// <param name="lengths">Of each example its tokens, 1..<paramref name="context"/>.</param>
    /// <param name="masking">What is hidden; null: nothing, each next token is to be told.</param>
    /// <exception cref="ArgumentException">A token is not of the vocabulary, or a length not in its range.</exception>
    public static ExampleSet OfRuns(int context, Vocabulary vocabulary, ushort[] tokens, int[] starts, int[] lengths, MaskingRecipe? masking = null) =>
        starts.Length == lengths.Length && lengths.All(length => length >= 1 && length <= context)
            ? Of(vocabulary.Tokens.Count, tokens, new TokenRuns(TokenText.Of(tokens), starts, 1, lengths, context, vocabulary.Padding, masking is null ? null : new Masks(masking, vocabulary)), context)
            : throw new ArgumentException($"an example has not 1 to {context} tokens", nameof(lengths));

    /// <summary>Text of a tokenizer: each example is a run of its own.</summary>
    /// <inheritdoc cref="OfRuns(int, Vocabulary, ushort[], int[], int[], MaskingRecipe?)"/>
    internal static ExampleSet OfRuns(int context, Vocabulary vocabulary, TokenText text, int[] starts, int[] lengths, MaskingRecipe? masking) =>
        new(context, vocabulary.Tokens.Count, new TokenRuns(text, starts, 1, lengths, context, vocabulary.Padding, masking is null ? null : new Masks(masking, vocabulary)));

    /// <summary>Text that may be longer than memory: each example has so many tokens, one behind the other.</summary>
    /// <param name="context">Tokens of an example.</param>
    /// <param name="vocabulary">What tokens stand for; all of the text's are of it.</param>
    /// <param name="text">The tokens.</param>
    /// <param name="masking">What is hidden; null: nothing, each next token is to be told.</param>
    /// <param name="length">As of <see cref="OfTokens"/>.</param>
    internal static ExampleSet OfText(int context, Vocabulary vocabulary, TokenText text, MaskingRecipe? masking, int? length = null)
    {
        var most = length ?? context;
        int[] places = [.. Enumerable.Range(0, checked((int)((text.Length - (masking is null ? 1 : 0)) / most)))];
        return new ExampleSet(context, vocabulary.Tokens.Count, new TokenRuns(text, places, most, [], most, vocabulary.Padding, masking is null ? null : new Masks(masking, vocabulary)));
    }

    /// <summary>The features as they are stored, [<see cref="Count"/>, <see cref="Features"/>], row-major; empty for images and text.</summary>
    internal ReadOnlySpan<float> Values => _values;

    /// <summary>The class of an example that has one, 0..<see cref="Classes"/> − 1.</summary>
    public int Label(int index) => _labels!.Classes[index];

    /// <summary>What is to be told of an example of which a number is.</summary>
    public float Number(int index) => _labels!.Numbers[index];

    /// <summary>What is to be told, [<see cref="Count"/>]; empty of classes and text.</summary>
    internal ReadOnlySpan<float> Numbers => _labels is null ? [] : _labels.Numbers;

    /// <summary>The same with what an example of each class counts in sums; empty: all the same.</summary>
    public ExampleSet Weighted(IReadOnlyList<double> weights) => weights.Count == 0 ? this : With(_labels!.Weighted([.. weights]));

    /// <summary>Numbers of an example: <see cref="Features"/>, or as many as its tokens are.</summary>
    public int LengthOf(int index) => _runs?.LengthOf(index) ?? Features;

    /// <summary>The set as it is in an epoch: the same, but for tokens that are hidden.</summary>
    /// <param name="group">The replica group.</param>
    /// <param name="epoch">The epoch.</param>
    public ExampleSet At(int group, int epoch) => _runs is { } runs && runs.At(group, epoch) is var then && then != runs ? new ExampleSet(Features, Classes, then) : this;

    /// <summary>What sums over these examples are divided by.</summary>
    /// <param name="examples">Their indices, at least one.</param>
    public Divisor DivisorOf(ReadOnlySpan<int> examples)
    {
        if (_runs is not { } runs)
            return _labels!.DivisorOf(examples);
        if (!runs.HaveUnevenTargets)
            return new Divisor(examples.Length, runs.TargetsOf(0));
        var labels = 0L;
        foreach (var example in examples)
            labels += runs.TargetsOf(example);
        // Where nothing is to be told there is nothing to divide.
        return new Divisor(examples.Length, Math.Max(1, (double)labels) / examples.Length);
    }

    /// <summary>Writes an example's labels.</summary>
    /// <param name="index">The example, 0..<see cref="Count"/> − 1.</param>
    /// <param name="destination">[<see cref="Targets"/>], or no longer than the longest example at hand; <see cref="NoLabel"/> where the example has ended.</param>
    public void CopyLabels(int index, Span<long> destination)
    {
        if (_runs is { } runs)
            runs.CopyLabels(index, destination);
        else
            destination[0] = _labels!.Classes[index];
    }

    /// <summary>Writes an example's features, row-major; pixels are divided by 255. Safe from several threads.</summary>
    /// <param name="index">The example, 0..<see cref="Count"/> − 1.</param>
    /// <param name="destination">At least <see cref="LengthOf"/> floats; behind tokens padding is written, those behind others stay as they are.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such example.</exception>
    public void CopyFeatures(int index, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        if (destination.Length < LengthOf(index))
            throw new ArgumentException($"{destination.Length} floats cannot hold {LengthOf(index)} features", nameof(destination));

        if (_runs is { } runs)
        {
            runs.CopyTokens(index, destination);
            return;
        }

        // Within an array's bounds, so the product fits an int.
        var start = index * Features;
        if (_pixels.Length > 0)
            PixelScale.Apply(_pixels.AsSpan(start, Features), destination);
        else
            _values.AsSpan(start, Features).CopyTo(destination);
    }

    /// <summary>The largest absolute value of any feature, as <see cref="CopyFeatures"/> gives it; of images 1. A pass over all of them.</summary>
    public float Largest()
    {
        var largest = _pixels.Length > 0 ? 1f : 0f;
        foreach (var value in _values)
            largest = Math.Max(largest, Math.Abs(value));
        return largest;
    }

    /// <summary>Examples of each class, [<see cref="Classes"/>]; of text, labels.</summary>
    public int[] CountClasses()
    {
        var counts = new int[Classes];
        _runs?.CountLabels(counts);
        foreach (var label in _labels is null ? [] : _labels.Classes)
            counts[label]++;
        return counts;
    }

    /// <summary>The first <paramref name="count"/> examples, or this set when it has no more.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not positive.</exception>
    public ExampleSet First(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        if (count >= Count)
            return this;
        if (HasTokens)
            return Only([.. Enumerable.Range(0, count)]);
        return _pixels.Length > 0
            ? new ExampleSet(Shape, Classes, _pixels[..(count * Features)], _labels!.First(count))
            : new ExampleSet(Shape, Classes, _values[..(count * Features)], _labels!.First(count));
    }

    /// <summary>These examples alone, in this order.</summary>
    /// <param name="indices">Each in 0..<see cref="Count"/> − 1.</param>
    public ExampleSet Only(IReadOnlyList<int> indices)
    {
        if (_runs is { } runs)
            return new ExampleSet(Features, Classes, runs.Only(indices));
        var labels = _labels!.Only(indices);
        return _pixels.Length > 0 ? new ExampleSet(Shape, Classes, Rows(_pixels, indices), labels) : new ExampleSet(Shape, Classes, Rows(_values, indices), labels);
    }

    private static ExampleSet Of(int classes, ushort[] tokens, TokenRuns runs, int context) =>
        tokens.Any(token => token >= classes) ? throw new ArgumentException($"a token lies outside 0..{classes - 1}", nameof(tokens)) : new ExampleSet(context, classes, runs);

    private static int[] Starts(int context, int count) => [.. Enumerable.Range(0, count).Select(example => example * context)];

    private ExampleSet With(ExampleLabels labels) => _pixels.Length > 0 ? new(Shape, Classes, _pixels, labels) : new(Shape, Classes, _values, labels);

    private T[] Rows<T>(T[] stored, IReadOnlyList<int> indices)
    {
        var rows = new T[checked(indices.Count * Features)];
        for (var row = 0; row < indices.Count; row++)
            Array.Copy(stored, indices[row] * Features, rows, row * Features, Features);
        return rows;
    }

    /// <summary>Adds shape, classes, labels and features, as stored, in little-endian order (libtorch runs on no other).</summary>
    internal void AppendTo(IncrementalHash hash)
    {
        ReadOnlySpan<int> header = [IsUneven ? 3 : HasTokens ? 2 : _pixels.Length > 0 ? 1 : Numbers.IsEmpty ? 4 : 5, Count, Classes, Shape.Count, .. Shape];
        hash.AppendData(MemoryMarshal.AsBytes(header));
        _runs?.AppendTo(hash);
        _labels?.AppendTo(hash);
        hash.AppendData(_pixels);

        // In pieces: more than 2^29 floats are more bytes than a span can count.
        const int piece = 1 << 20;
        for (var start = 0; start < _values.Length; start += piece)
            hash.AppendData(MemoryMarshal.AsBytes(_values.AsSpan(start, Math.Min(piece, _values.Length - start))));
    }
}
