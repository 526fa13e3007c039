using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace DistTrain.Torch.Tests.Models.Normalization;

/// <summary>
/// One case of norms.json in one precision. Every value of a case has to be taken by the check of its kind: one that nobody asks for
/// fails, so a file with more in it does not pass unseen.
/// </summary>
internal sealed class NormCase
{
    private static readonly Lazy<JsonElement> _file = new(() =>
    {
        using var document = Vectors.Read("norms.json");
        return document.RootElement.Clone();
    });

    /// <summary>Unit roundoff of float32.</summary>
    private const double Unit = 1.0 / (1 << 24);

    /// <summary>Roundings of the mean and of what is subtracted from it, here and in the reference.</summary>
    private const double Roundings = 4;

    private readonly JsonElement _values;
    private readonly HashSet<string> _taken = [];
    private double _condition;

    public NormCase(string precision, string name)
    {
        (Name, Type) = (name, precision switch
        {
            "float64" => ScalarType.Float64,
            "float32" => ScalarType.Float32,
            _ => throw new InvalidOperationException($"'{precision}' is no precision that is computed in"),
        });
        _values = _file.Value.GetProperty(precision).GetProperty(name);
    }

    /// <summary>Every precision and name in the file.</summary>
    public static TheoryData<string, string> All
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var precision in _file.Value.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Object))
            {
                foreach (var found in precision.Value.EnumerateObject())
                    all.Add(precision.Name, found.Name);
            }

            return all;
        }
    }

    public string Name { get; }

    public ScalarType Type { get; }

    public bool Has(string key) => _values.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;

    public double Number(string key) => Take(key).GetDouble();

    public int[] Wholes(string key) => [.. Take(key).EnumerateArray().Select(n => n.GetInt32())];

    public Tensor Tensor(string key) => Read(Take(key));

    /// <summary>The objects of a list, each a set of tensors and numbers by name.</summary>
    public IEnumerable<JsonElement> Objects(string key) => Take(key).EnumerateArray();

    public Tensor Read(JsonElement array)
    {
        var shape = array.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64()).ToArray();
        return tensor(array.GetProperty("data").Numbers(), shape).to(Type);
    }

    /// <summary>A tensor whose gradient is wanted.</summary>
    public Tensor Leaf(string key) => Tensor(key).requires_grad_(true);

    /// <summary>
    /// Takes the case's condition, the largest |mean| / σ among the sets that are normalized. A mean that is rounded to u of itself, u = 2⁻²⁴ in float32,
    /// moves a normalized value by u · |mean| / σ, and what is made of it by that share of its own size: where the mean is 50 σ, the fifth digit is noise.
    /// </summary>
    /// <param name="x">What is normalized.</param>
    /// <param name="over">The dimensions over which statistics are taken.</param>
    public void ConditionOf(Tensor x, params long[] over)
    {
        var wide = x.detach().to(ScalarType.Float64);
        _condition = (wide.mean(over).abs() / wide.var(over, unbiased: false).sqrt()).max().item<double>();
    }

    /// <summary>
    /// Holds a result to a value of the case: to 1e-12 in float64; in float32, where sums may be in another order, to a few roundings and as many of the
    /// case's condition.
    /// </summary>
    public void Check(string key, Tensor? actual)
    {
        Assert.NotNull(actual);
        Check(key, Tensor(key), actual);
    }

    public void Check(string what, Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        var (e, a) = (expected.detach().to(ScalarType.Float64).flatten(), actual.detach().to(ScalarType.Float64).flatten());
        var (relative, absolute) = Type == ScalarType.Float64 && actual.dtype == ScalarType.Float64
            ? (1e-12, 1e-12)
            : (1e-5, 1e-6 + (Roundings * Unit * _condition * e.abs().max().item<double>()));
        var allowed = absolute + (relative * e.abs());
        Assert.True((a - e).abs().le(allowed).all().item<bool>(), $"{Name}: {what} is {a.str()}, not {e.str()}");
    }

    /// <summary>Values that say only how the case was made.</summary>
    public void Ignore(params string[] keys) => _taken.UnionWith(keys);

    public void AssertAllTaken() =>
        Assert.Empty(_values.EnumerateObject().Where(p => !_taken.Contains(p.Name)).Select(p => $"{Name}.{p.Name}"));

    private JsonElement Take(string key)
    {
        _taken.Add(key);
        return _values.TryGetProperty(key, out var value) ? value : throw new InvalidOperationException($"case '{Name}' has no '{key}'");
    }
}
