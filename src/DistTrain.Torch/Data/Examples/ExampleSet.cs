using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DistTrain.Torch.Data.Examples;

/// <summary>
/// Labelled examples in memory, each a row-major block of <see cref="Features"/> numbers. Immutable: a silo loads a set once
/// for all its ranks. Images stay bytes (a quarter of the memory, a quarter of the traffic) and are scaled when they are copied. Of tokens an example is a part
/// of a text, and its labels are the tokens behind each of its own.
/// </summary>
public sealed class ExampleSet
{
    private readonly byte[] _pixels = [];
    private readonly float[] _values = [];
    private readonly int[] _labels = [];
    private readonly ushort[] _tokens = [];
    private readonly int[] _starts = [];

    private ExampleSet(IReadOnlyList<int> shape, int classes, int[] labels, long stored)
    {
        if (shape.Count == 0 || shape.Any(side => side < 1))
            throw new ArgumentException($"shape [{string.Join(", ", shape)}] has no sides or one below 1", nameof(shape));
        Shape = [.. shape];
        Features = checked(shape.Aggregate(1, (product, side) => product * side));
        Classes = classes;
        if (stored != (long)labels.Length * Features)
            throw new ArgumentException($"{labels.Length} examples of {Features} features need {(long)labels.Length * Features} values, not {stored}", nameof(labels));
        if (labels.Any(label => label < 0 || label >= classes))
            throw new ArgumentException($"a label lies outside 0..{classes - 1}", nameof(labels));
        _labels = labels;
    }

    private ExampleSet(IReadOnlyList<int> shape, int classes, byte[] pixels, int[] labels)
        : this(shape, classes, labels, pixels.LongLength) => _pixels = pixels;

    private ExampleSet(IReadOnlyList<int> shape, int classes, float[] values, int[] labels)
        : this(shape, classes, labels, values.LongLength) => _values = values;

    private ExampleSet(int context, int classes, ushort[] tokens, int[] starts)
    {
        if (tokens.Any(token => token >= classes))
            throw new ArgumentException($"a token lies outside 0..{classes - 1}", nameof(tokens));
        (Shape, Features, Classes, Targets, HasTokens, _tokens, _starts) = ([context], context, classes, context, true, tokens, starts);
    }

    /// <summary>Number of examples.</summary>
    public int Count => HasTokens ? _starts.Length : _labels.Length;

    /// <summary>Labels of an example: 1, or one for each of its tokens.</summary>
    public int Targets { get; } = 1;

    /// <summary>Features are tokens, whole numbers 0..<see cref="Classes"/> − 1, and so are labels.</summary>
    public bool HasTokens { get; }

    /// <summary>Shape of one example: [channels, height, width] for images, [features] for tables, [tokens] for text.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>Numbers in one example: the product of <see cref="Shape"/>.</summary>
    public int Features { get; }

    /// <summary>Number of classes; labels are 0..<see cref="Classes"/> − 1.</summary>
    public int Classes { get; }

    /// <summary>Images: bytes 0..255 that <see cref="CopyFeatures"/> scales to [0, 1]. Keeps the arrays; the caller gives them up.</summary>
    /// <param name="shape">Shape of one image.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="pixels">[count, shape…], row-major.</param>
    /// <param name="labels">[count].</param>
    /// <exception cref="ArgumentException">The lengths do not agree, or a label is not in 0..<paramref name="classes"/> − 1.</exception>
    public static ExampleSet OfPixels(IReadOnlyList<int> shape, int classes, byte[] pixels, int[] labels) =>
        new(shape, classes, pixels, labels);

    /// <summary>Tables: numbers that <see cref="CopyFeatures"/> gives as they are. Keeps the arrays; the caller gives them up.</summary>
    /// <param name="shape">Shape of one example.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="values">[count, shape…], row-major.</param>
    /// <param name="labels">[count].</param>
    /// <exception cref="ArgumentException">The lengths do not agree, or a label is not in 0..<paramref name="classes"/> − 1.</exception>
    public static ExampleSet OfValues(IReadOnlyList<int> shape, int classes, float[] values, int[] labels) =>
        new(shape, classes, values, labels);

    /// <summary>Text: each example has so many tokens, one behind the other, and what is left over at the end is in none. Keeps the array; the caller gives it up.</summary>
    /// <param name="context">Tokens of an example.</param>
    /// <param name="classes">Number of different tokens.</param>
    /// <param name="tokens">More than <paramref name="context"/>.</param>
    /// <exception cref="ArgumentException">A token is not in 0..<paramref name="classes"/> − 1.</exception>
    public static ExampleSet OfTokens(int context, int classes, ushort[] tokens) =>
        new(context, classes, tokens, [.. Enumerable.Range(0, (tokens.Length - 1) / context).Select(example => example * context)]);

    /// <summary>The features as they are stored, [<see cref="Count"/>, <see cref="Features"/>], row-major; empty for images and text.</summary>
    internal ReadOnlySpan<float> Values => _values;

    /// <summary>The class of an example that has one, 0..<see cref="Classes"/> − 1.</summary>
    public int Label(int index) => _labels[index];

    /// <summary>Writes an example's labels.</summary>
    /// <param name="index">The example, 0..<see cref="Count"/> − 1.</param>
    /// <param name="destination">[<see cref="Targets"/>].</param>
    public void CopyLabels(int index, Span<long> destination)
    {
        if (!HasTokens)
        {
            destination[0] = _labels[index];
            return;
        }

        var behind = _tokens.AsSpan(_starts[index] + 1, Targets);
        for (var i = 0; i < behind.Length; i++)
            destination[i] = behind[i];
    }

    /// <summary>Writes an example's features, row-major; pixels are divided by 255. Safe from several threads.</summary>
    /// <param name="index">The example, 0..<see cref="Count"/> − 1.</param>
    /// <param name="destination">At least <see cref="Features"/> floats; those behind stay as they are.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such example.</exception>
    public void CopyFeatures(int index, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        if (destination.Length < Features)
            throw new ArgumentException($"{destination.Length} floats cannot hold {Features} features", nameof(destination));

        if (HasTokens)
        {
            var tokens = _tokens.AsSpan(_starts[index], Features);
            for (var i = 0; i < tokens.Length; i++)
                destination[i] = tokens[i];
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
        foreach (var start in _starts)
        {
            foreach (var token in _tokens.AsSpan(start + 1, Targets))
                counts[token]++;
        }

        foreach (var label in _labels)
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
            return new ExampleSet(Features, Classes, _tokens, _starts[..count]);
        return _pixels.Length > 0
            ? new ExampleSet(Shape, Classes, _pixels[..(count * Features)], _labels[..count])
            : new ExampleSet(Shape, Classes, _values[..(count * Features)], _labels[..count]);
    }

    /// <summary>These examples alone, in this order.</summary>
    /// <param name="indices">Each in 0..<see cref="Count"/> − 1.</param>
    public ExampleSet Only(IReadOnlyList<int> indices)
    {
        if (HasTokens)
            return new ExampleSet(Features, Classes, _tokens, [.. indices.Select(index => _starts[index])]);
        int[] labels = [.. indices.Select(Label)];
        return _pixels.Length > 0 ? new ExampleSet(Shape, Classes, Rows(_pixels, indices), labels) : new ExampleSet(Shape, Classes, Rows(_values, indices), labels);
    }

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
        ReadOnlySpan<int> header = [HasTokens ? 2 : _pixels.Length > 0 ? 1 : 4, Count, Classes, Shape.Count, .. Shape];
        hash.AppendData(MemoryMarshal.AsBytes(header));
        hash.AppendData(MemoryMarshal.AsBytes<int>(_starts));
        hash.AppendData(MemoryMarshal.AsBytes<ushort>(_tokens));
        hash.AppendData(MemoryMarshal.AsBytes<int>(_labels));
        hash.AppendData(_pixels);

        // In pieces: more than 2^29 floats are more bytes than a span can count.
        const int piece = 1 << 20;
        for (var start = 0; start < _values.Length; start += piece)
            hash.AppendData(MemoryMarshal.AsBytes(_values.AsSpan(start, Math.Min(piece, _values.Length - start))));
    }
}
