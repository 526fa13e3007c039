using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;

namespace DistTrain.Torch.Models;

/// <summary>A model without numbers: its parameter layout, and its layers as functions of a replica's views. Immutable, shared by replicas.</summary>
public sealed class ModelBlueprint
{
    private readonly TrainingSpec _spec;

    private ModelBlueprint(TrainingSpec spec, ParameterLayout layout, IReadOnlyList<Layer> layers, IReadOnlyList<int> inputShape, int classes) =>
        (_spec, Layout, Layers, InputShape, Classes) = (spec, layout, layers, inputShape, classes);

    public ParameterLayout Layout { get; }

    /// <summary>Shape of one example, e.g. [1, 28, 28].</summary>
    public IReadOnlyList<int> InputShape { get; }

    public int Classes { get; }

    internal IReadOnlyList<Layer> Layers { get; }

    /// <summary>Builds the blueprint by walking the shapes through the layers.</summary>
    /// <param name="spec">The job: its model and normalization, and its length, which ramps follow.</param>
    /// <param name="inputShape">Shape of one example.</param>
    /// <param name="classes">Classes of the dataset.</param>
    /// <exception cref="ModelException">A layer does not fit its input, or the output is not one score a class.</exception>
    public static ModelBlueprint Of(TrainingSpec spec, IReadOnlyList<int> inputShape, int classes)
    {
        var builder = new LayerBuilder(inputShape, spec.BatchNorm, spec.Model.SpectralPenalty);
        var input = builder.NormalizeInput(spec.Dataset.Normalize);
        var layers = builder.Build(BuiltInModels.LayersOf(spec.Model, classes), "spec.model.layers");
        if (builder.Shape is not [var outputs] || outputs != classes)
        {
            throw new ModelException(
                $"the model's output has shape [{string.Join(", ", builder.Shape)}], the data has {classes} classes; end with 'flatten' and 'linear: {classes}'");
        }

        // Trainable parameters first, then buffers; layers refer to segments by their final index.
        return new ModelBlueprint(spec, ParameterLayout.Of(builder.Segments), input is null ? layers : [input(), .. layers], inputShape, classes);
    }

    /// <summary>How far batch renormalization may correct in the step that starts at <paramref name="position"/>.</summary>
    internal RenormLimits RenormAt(Position position, int trainExamples) =>
        _spec.Renorm.At(position, JobLength.Of(_spec.Epochs, _spec.Steps, _spec.Batch, trainExamples), trainExamples);
}
