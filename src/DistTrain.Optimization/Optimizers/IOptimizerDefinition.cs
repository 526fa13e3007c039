using System.Numerics;
using DistTrain.Optimization.Options;

namespace DistTrain.Optimization.Optimizers;

/// <summary>
/// What makes an optimizer available by name. Implementing this (a public class with a parameterless constructor) in
/// one file of this folder is all that a new optimizer needs: <see cref="OptimizerCatalog"/> finds it. Its options hold those of every optimizer:
/// decay of weights, what it leaves out, and the norm at which gradients are clipped (<see cref="CommonOptions"/>).
/// </summary>
public interface IOptimizerDefinition
{
    /// <summary>Name in the job file, kebab-case.</summary>
    string Name { get; }

    /// <summary>One sentence: the rule and when to choose it.</summary>
    string Summary { get; }

    /// <summary>Where the formula comes from.</summary>
    string Source { get; }

    /// <summary>Every option, <c>lr</c> first.</summary>
    IReadOnlyList<Option> Options { get; }

    /// <summary>Largest norm of the whole averaged gradient; 0: no limit.</summary>
    double ClipNormOf(OptionValues options) => options.Number("clipNorm");

    /// <summary>The share of a tensor's norm that a step moves it by, where the rule fixes it; null: it depends on the gradient.</summary>
    double? ShareOfNorm(OptionValues options, double rate) => null;

    /// <summary>The rule itself takes small steps first: a raised rate needs no warm-up beside it.</summary>
    bool WarmsUp => false;

    /// <summary>The rule with its options bound.</summary>
    /// <typeparam name="T">Element type of weights and slots: float in training, double in tests of the formulas.</typeparam>
    IOptimizer<T> Create<T>(OptionValues options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;
}
