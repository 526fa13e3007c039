using System.Numerics;
using DistTrain.Optimization.Optimizers;

namespace DistTrain.Tests.Optimizers;

/// <summary>One case of optimizers.json in the catalog's terms. Vectors are flat, in <see cref="OptimizerCases.Layout"/>, with 0 in the padding.</summary>
/// <param name="Name">The case's name in the file.</param>
/// <param name="OptimizerName">Name in the <see cref="OptimizerCatalog"/>.</param>
/// <param name="Options">Option name → value as <see cref="Optimization.Options.OptionValues"/> takes it; <c>lr</c> is the base rate.</param>
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

    /// <exception cref="InvalidOperationException">The catalog does not have the optimizer, an option, or a value's range.</exception>
    public IOptimizer<T> Create<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => OptimizerByName.Create<T>(OptimizerName, Options);

    public UpdateTime At(int step) => new(step, Rates[step], Rates[Math.Max(step - 1, 0)]);

    // The name of a theory's row.
    public override string ToString() => Name;
}
