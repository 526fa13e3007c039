using DistTrain.Optimization.Normalization;
using DistTrain.Optimization.Order;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Recipes.Models;
using DistTrain.Torch.Passes;
using static TorchSharp.torch;

namespace DistTrain.Torch.Models;

/// <summary>A model without numbers: its parameter layout, and its layers as functions of a replica's views. Immutable, shared by replicas.</summary>
public sealed class ModelBlueprint
{
    private readonly TrainingSpec _spec;
    private readonly double[] _rates;

    private ModelBlueprint(TrainingSpec spec, ParameterLayout layout, LayerList layers, IReadOnlyList<int> inputShape, IReadOnlyList<int> outputs) =>
        (_spec, Layout, Layers, InputShape, OutputShape, _rates, Loss) = (spec, layout, layers, inputShape, outputs, ParameterRates.Of(spec, layout), LossOf(spec.Dataset));

    public ParameterLayout Layout { get; }

    /// <summary>Shape of one example, e.g. [1, 28, 28].</summary>
    public IReadOnlyList<int> InputShape { get; }

    /// <summary>Shape of one example's scores: [classes], or of tokens [tokens, classes].</summary>
    public IReadOnlyList<int> OutputShape { get; }

    public int Classes => OutputShape[^1];

    /// <summary>Labels of an example: 1, or one for each of its tokens.</summary>
    public int Targets => OutputShape.SkipLast(1).Aggregate(1, (product, side) => product * side);

    /// <summary>Shape of the labels of so many examples: [examples], or of sequences [examples, tokens].</summary>
    internal long[] LabelShape(int examples) => [examples, .. OutputShape.SkipLast(1).Select(side => (long)side)];

    internal LayerList Layers { get; }

    /// <summary>Labels are numbers, and no classes.</summary>
    public bool TellsNumbers => _spec.Dataset.Regression is not null;

    /// <summary>What its task makes of scores and labels.</summary>
    internal ILoss Loss { get; }

    /// <summary>No gradient of it is wanted: a buffer, or frozen.</summary>
    /// <param name="segment">Its index in the layout.</param>
    internal bool IsStill(int segment) => Layout.Segments[segment].IsBuffer || _rates[segment] == 0;

    /// <summary>Ranks meet in the backward pass of each BatchNorm layer, also of those that lie before all that trains.</summary>
    internal bool MeetsBackward => _spec.BatchNorm.Scope.IsShared;

    /// <summary>What products are in while training (<see cref="ForwardPass.Products"/>).</summary>
    internal ScalarType? Products => _spec.Precision == Precisions.BFloat16 ? bfloat16 : null;

    /// <summary>Builds the blueprint by walking the shapes through the layers.</summary>
    /// <param name="spec">The job: its model and normalization, and its length, which ramps follow.</param>
    /// <param name="inputShape">Shape of one example.</param>
    /// <param name="classes">Classes of the dataset.</param>
    /// <exception cref="ModelException">A layer does not fit its input, or the output is not one score a class.</exception>
    public static ModelBlueprint Of(TrainingSpec spec, IReadOnlyList<int> inputShape, int classes)
    {
        var (model, outputs) = Build(spec, inputShape, classes);
        if (outputs.SequenceEqual(spec.Dataset.HasTokens ? [inputShape[0], classes] : [classes]))
            return model;
        var found = $"the model's output has shape [{string.Join(", ", outputs)}]";
        throw new ModelException(spec.Dataset.HasTokens
            ? $"{found}, the data want a score of each of {classes} tokens for each of {inputShape[0]}; begin with 'embedding', keep the sequence and end with 'linear: {classes}'"
            : spec.Dataset.Regression is null
                ? $"{found}, the data has {classes} classes; end with 'flatten' and 'linear: {classes}'"
                : $"{found}, the task is to tell one number; end with 'flatten' and 'linear: {classes}'");
    }

    /// <summary>The model that saved weights are of. They know its classes, of which the data at hand may have fewer.</summary>
    /// <param name="spec">The job that they are of.</param>
    /// <param name="inputShape">Shape of one example.</param>
    /// <param name="saved">Their layout.</param>
    /// <returns>Null: they are another model's, or one's for examples of another shape.</returns>
    /// <exception cref="ModelException">A layer does not fit its input.</exception>
    public static ModelBlueprint? OfSaved(TrainingSpec spec, IReadOnlyList<int> inputShape, ParameterLayout saved) =>
        // The last layer has a row of weights for each class, so their number is that of some segment's rows.
        saved.Segments.Select(segment => segment.Shape[0]).Distinct()
            .Select(classes => Build(spec, inputShape, classes).Model)
            .FirstOrDefault(model => model.Layout.Hash == saved.Hash);

    private static (ModelBlueprint Model, IReadOnlyList<int> Outputs) Build(TrainingSpec spec, IReadOnlyList<int> inputShape, int classes)
    {
        try
        {
            return Walk(spec, inputShape, classes);
        }
        catch (OverflowException)
        {
            throw new ModelException($"{PathOf(spec.Model)} have more than {int.MaxValue:N0} numbers; make the widest of them narrower");
        }
    }

    private static (ModelBlueprint Model, IReadOnlyList<int> Outputs) Walk(TrainingSpec spec, IReadOnlyList<int> inputShape, int classes)
    {
        var builder = new LayerBuilder(inputShape, spec.Dataset.HasTokens ? classes : null, spec.BatchNorm, spec.Model.SpectralPenalty);
        var input = builder.NormalizeInput(spec.Dataset.Normalize);
        var layers = builder.Build(BuiltInModels.LayersOf(spec.Model, classes), PathOf(spec.Model));
        // Trainable parameters first, then buffers; layers refer to segments by their final index.
        var model = new ModelBlueprint(spec, ParameterLayout.Of(builder.Segments), new LayerList(input is null ? layers : [input(), .. layers]), inputShape, builder.Shape);
        return (model, builder.Shape);
    }

    private static ILoss LossOf(DatasetRecipe dataset) =>
        dataset.Regression is { } regression ? new RegressionLoss(regression) : new CrossEntropy(dataset.Classification);

    /// <summary>Where the layers stand that an error names: a built-in model's nobody has written.</summary>
    private static string PathOf(ModelRecipe model) =>
        model.Name == ModelNames.Custom ? "spec.model.layers" : $"spec.model.name: {model.Name} does not fit the data: its layers";

    /// <summary>
    /// Why the loss in training mode has no second derivative here: statistics over several ranks are exchanged once in each direction, not for a second
    /// backward pass, and those of batch renormalization belong to a step. Null: it has one.
    /// </summary>
    public string? WhyNoSecondDerivative =>
        Layout.Segments.Any(segment => segment.Kind == SegmentKind.Deviations)
            ? "second derivatives in training mode do not go with batch-renorm, whose corrections belong to a step; look at evaluation mode"
            : _spec.BatchNorm.Scope.IsShared && Layout.Segments.Any(segment => segment.Kind == SegmentKind.Statistics)
                ? $"second derivatives in training mode do not go with batchNorm.scope {_spec.BatchNorm.Scope}, only with local and ghost; look at evaluation mode"
                : null;

    /// <summary>The model with its weights as operators, for programs that know no job: from examples to scores, in evaluation mode.</summary>
    /// <param name="vector">The flat vector, [Layout.Length].</param>
    public OperatorGraph Export(ReadOnlySpan<float> vector)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var parameters = new List<Tensor>();
        foreach (var segment in Layout.Segments)
            parameters.Add(tensor(vector.Slice(segment.Offset, segment.Length).ToArray(), [.. segment.Shape.Select(side => (long)side)]));
        var graph = new OperatorGraph(Layout, new ForwardPass { Parameters = parameters, Training = false }, InputShape) { HasTokens = _spec.Dataset.HasTokens };
        Layers.Export(OperatorGraph.Input, graph);
        graph.End();
        return graph;
    }

    /// <summary>How far batch renormalization may correct in the step that starts at <paramref name="position"/>.</summary>
    internal RenormLimits RenormAt(Position position, int trainExamples) =>
        _spec.Renorm.At(position, JobLength.Of(_spec.Epochs, _spec.Steps, _spec.Batch, trainExamples), trainExamples);
}
