namespace DistTrain.Optimization.Options;

/// <summary>The options of one policy as the job resolved them: given values over the documented defaults.</summary>
public sealed class OptionValues
{
    private readonly Dictionary<string, object> _values = [];

    /// <param name="options">The policy's documented options.</param>
    /// <param name="given">Values from the job file, already validated against <paramref name="options"/>.</param>
    public OptionValues(IReadOnlyList<Option> options, IReadOnlyDictionary<string, object> given)
    {
        foreach (var option in options)
        {
            var value = given.TryGetValue(option.Name, out var v) ? v : option.Default;
            _values[option.Name] = value ?? throw new ArgumentException($"option '{option.Name}' is required", nameof(given));
        }
    }

    private OptionValues(Dictionary<string, object> values) => _values = values;

    public double Number(string name) => (double)_values[name];

    public long Whole(string name) => (long)_values[name];

    public bool Flag(string name) => (bool)_values[name];

    public string Choice(string name) => (string)_values[name];

    public IReadOnlyList<string> Names(string name) => (IReadOnlyList<string>)_values[name];

    public IReadOnlyList<double> Numbers(string name) => (IReadOnlyList<double>)_values[name];

    /// <summary>True when the policy has an option of that name.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>These values with another one for <paramref name="name"/>, an option the policy has.</summary>
    public OptionValues With(string name, object value)
    {
        if (!Has(name))
            throw new ArgumentException($"there is no option '{name}'", nameof(name));
        return new OptionValues(new Dictionary<string, object>(_values) { [name] = value });
    }

    /// <summary>All values in the order of the documented options, as printed and stored with the resolved job.</summary>
    public IEnumerable<KeyValuePair<string, object>> All => _values;
}
