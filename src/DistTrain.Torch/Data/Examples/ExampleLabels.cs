using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DistTrain.Torch.Data.Examples;

/// <summary>The labels of examples that have one each: classes, or numbers that are to be told.</summary>
internal sealed class ExampleLabels
{
    private readonly int[] _classes = [];
    private readonly float[] _numbers = [];
    private readonly double[] _weights = [];
    private readonly Lazy<double> _variance;

    private ExampleLabels(int[] classes, float[] numbers, double[] weights) =>
        (_classes, _numbers, _weights, _variance) = (classes, numbers, weights, new Lazy<double>(Spread));

    /// <summary>[count]</summary>
    public static ExampleLabels OfClasses(int[] classes) => new(classes, [], []);

    /// <summary>[count]</summary>
    public static ExampleLabels OfNumbers(float[] numbers) => new([], numbers, []);

    public int Count => _classes.Length + _numbers.Length;

    /// <summary>Classes, in the order of the examples; empty where numbers are to be told.</summary>
    public ReadOnlySpan<int> Classes => _classes;

    /// <summary>Numbers, in the order of the examples; empty where classes are to be told.</summary>
    public ReadOnlySpan<float> Numbers => _numbers;

    /// <summary>The same with what an example of each class counts; empty: all the same.</summary>
    public ExampleLabels Weighted(double[] weights) => new(_classes, _numbers, weights);

    /// <summary>What sums over these examples are divided by.</summary>
    /// <param name="examples">Their indices, at least one.</param>
    public Divisor DivisorOf(ReadOnlySpan<int> examples)
    {
        if (_numbers.Length > 0)
            return new Divisor(examples.Length, 1) { Variance = _variance.Value };
        if (_weights.Length == 0)
            return new Divisor(examples.Length, 1);
        var weight = 0.0;
        foreach (var example in examples)
            weight += _weights[_classes[example]];
        return new Divisor(examples.Length, 1) { Weight = weight / examples.Length };
    }

    /// <summary>The first ones.</summary>
    public ExampleLabels First(int count) => _numbers.Length > 0 ? new([], _numbers[..count], []) : new(_classes[..count], [], _weights);

    /// <summary>These alone, in this order.</summary>
    public ExampleLabels Only(IReadOnlyList<int> indices) => _numbers.Length > 0
        ? new([], [.. indices.Select(index => _numbers[index])], [])
        : new([.. indices.Select(index => _classes[index])], [], _weights);

    /// <summary>Adds them; what they count is the job's, not the data's.</summary>
    public void AppendTo(IncrementalHash hash)
    {
        hash.AppendData(MemoryMarshal.AsBytes<int>(_classes));
        hash.AppendData(MemoryMarshal.AsBytes<float>(_numbers));
    }

    private double Spread()
    {
        var mean = _numbers.Sum(number => (double)number) / _numbers.Length;
        return _numbers.Sum(number => (number - mean) * (number - mean)) / _numbers.Length;
    }
}
