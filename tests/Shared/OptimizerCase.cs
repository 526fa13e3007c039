using System.Numerics;
using DistTrain.Optimization.Optimizers;
using DistTrain.Optimization.Options;

namespace DistTrain.Tests.Shared;

/// <summary>One case of optimizers.json in the catalog's terms. Vectors are flat, in <see cref="OptimizerCases.Layout"/>, with 0 in the padding.</summary>
/// <param name="Name">The case's name in the file.</param>
/// <param name="OptimizerName">Name in the <see cref="OptimizerCatalog"/>.</param>
/// <param name="Options">Option name → value as <see cref="OptionValues"/> takes it; <c>lr</c> is the base rate.</param>
/// <param name="Rates">The rate of each step.</param>
/// <param name="Start">w0.</param>
/// <param name="Gradients">The gradient of each step.</param>
/// <param name="Trajectory">The weights after each step, computed in float64.</param>
/// <param name="Trajectory32">The same computed in float32, where the file has it.</param>
/// <param name="Ratios">What a direct case says of each step and tensor (in the layout's order): trust ratio, or RAdam's rectification.</param>
internal sealed record OptimizerCase(
    string Name,
    string OptimizerName,
    IReadOnlyDictionary<string, object> Options,
    IReadOnlyList<double> Rates,
    double[] Start,
    IReadOnlyList<double[]> Gradients,
    IReadOnlyList<double[]> Trajectory,
    IReadOnlyList<float[]>? Trajectory32,
    IReadOnlyList<double[]>? Ratios)
{
    public int Steps => Gradients.Count;

    /// <summary>The options over the optimizer's defaults. An option that the optimizer does not have, or does not allow, throws.</summary>
    public OptionValues Values
    {
        get
        {
            foreach (var (name, value) in Options)
            {
                var option = Definition.Options.FirstOrDefault(o => o.Name == name)
                    ?? throw new InvalidOperationException($"case '{Name}': {OptimizerName} has no option '{name}'");
                if (value is double number && !option.Allows(number))
                    throw new InvalidOperationException($"case '{Name}': {OptimizerName}.{name} = {number} is not {option.Rule}");
            }

            return new OptionValues(Definition.Options, Options);
        }
    }

    private IOptimizerDefinition Definition =>
        OptimizerCatalog.Find(OptimizerName) ?? throw new InvalidOperationException($"case '{Name}': the catalog has no '{OptimizerName}'");

    public IOptimizer<T> Create<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Definition.Create<T>(Values);

    public UpdateTime At(int step) => new(step, Rates[step], Rates[Math.Max(step - 1, 0)]);

    // The name of a theory's row.
    public override string ToString() => Name;
}
