using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using DistTrain.Cli.Cluster;
using DistTrain.Cli.Evaluation;
using DistTrain.Cli.Invocation;
using DistTrain.Cli.Output;
using DistTrain.Optimization.Parameters;
using DistTrain.Recipes;
using DistTrain.Recipes.Models;
using DistTrain.Torch.Data;
using DistTrain.Torch.Data.Examples;
using DistTrain.Torch.Hosting;
using DistTrain.Torch.Models;
using DistTrain.Torch.Passes;

namespace DistTrain.Cli.Commands;

/// <summary><c>disttrain export</c>: saved weights as a file for other programs.</summary>
internal static class ExportCommand
{
    private const string Onnx = "onnx";

    private const string SafeTensors = "safetensors";

    private const string Own = "disttrain";

    private static readonly Option<string> To = SharedOptions.Choice(
        "--to", "onnx: the model with its weights, for ONNX Runtime and others; safetensors: the weights alone, by name.", Onnx, SafeTensors);

    private static readonly Option<string> Names = SharedOptions.Choice(
        "--names",
        "Of safetensors: disttrain, the program's own; pytorch, those of the modules that the model is known by: torchvision's, Hugging Face's BERT, or nn.Sequential.",
        [Own, .. NameConventions.All]);

    private static readonly Option<int[]> Input = CreateInput();

    private static readonly Option<string?> Out = new("--out")
    {
        Description = "The file; one that is there is replaced. Default: step-N.onnx or step-N.safetensors in the run's folder.",
        HelpName = "file",
    };

    public static Command Create() => new Command("export", "Write saved weights as a file for other programs: the model as ONNX, or its weights as safetensors")
    {
        SharedOptions.Checkpoint,
        To,
        Names,
        Out,
        Input,
        SharedOptions.Set,
    }.Does(RunAsync);

    private static Task<int> RunAsync(CommandContext context)
    {
        var (saved, format, names) = (SavedModel.Read(context.Get(SharedOptions.Checkpoint)), context.Get(To), context.Get(Names));
        if (names != Own && format != SafeTensors)
            throw CommandException.BadInput($"--names {names} is for --to {SafeTensors}, and --to is {format}, whose names nobody else reads; leave --names out, or give --to {SafeTensors}");
        var file = SharedOptions.ForWriting("--out", context.GetOrDefault(Out) ?? DefaultName(saved, format));
        var spec = saved.ReadSpec(context.Get(SharedOptions.Set));
        NativeEnvironment.Prepare(spec.Determinism);
        var weights = WeightsHash.Compute(saved.Layout, saved.Vector);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [SafeTensorsWriter.JobKey] = saved.JobFile };
        ModelBlueprint? model = null;
        OperatorGraph? graph = null;
        var tensors = 0;
        try
        {
            if (format == SafeTensors)
            {
                var theirs = names == Own ? null : KnownNames.Of(new NamesRecipe(names, []), spec.Model, saved.Layout);
                if (theirs is not null)
                    metadata.Add("disttrain.names", names);
                WholeFile.Write(file, stream => tensors = SafeTensorsWriter.Write(stream, saved.Layout, saved.Vector, metadata, theirs));
            }
            else
            {
                model = ModelFor(saved, spec, context.Get(Input));
                var (outputs, operators) = (model.OutputShape, graph = model.Export(saved.Vector));
                metadata.Add("disttrain.weightsSha256", weights);
                WholeFile.Write(file, stream => OnnxFile.Write(stream, operators, outputs, metadata));
            }
        }
        catch (ModelException e)
        {
            throw CommandException.BadInput(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SystemFailure.Of(e, $"--out {file}");
        }

        var exported = new ExportedEvent(saved.Source, saved.Step, format, file, model?.InputShape, graph?.HasMask, model?.Classes, weights);
        context.Print(exported, model is null || graph is null
            ? $"{file}: {tensors} tensors of {saved.Source}; weights {weights}"
            : $"{file}: '{OperatorGraph.Input}' [batch, {string.Join(", ", model.InputShape)}]{(graph.HasMask ? $" and '{OperatorGraph.Mask}', 0 where there is padding," : "")} to '{OperatorGraph.Output}' [batch, {string.Join(", ", model.OutputShape)}], ONNX operators {OperatorGraph.OperatorSet}, of {saved.Source}; weights {weights}");
        return Task.FromResult(ExitCode.Done);
    }

    private static string DefaultName(SavedModel saved, string format) => saved.Step is { } step
        ? Path.Combine(saved.Home, string.Create(CultureInfo.InvariantCulture, $"step-{step}.{format}"))
        : Path.ChangeExtension(saved.Source, format);

    /// <summary>Weights do not say how large an image is: that say the data, unless the user does.</summary>
    private static ModelBlueprint ModelFor(SavedModel saved, TrainingSpec spec, int[] input)
    {
        try
        {
            return saved.ModelFor(spec, input.Length > 0 ? input : DatasetReader.ReadTest(spec.Dataset).Shape);
        }
        catch (DatasetException e)
        {
            throw CommandException.BadInput($"the shape of an example is not known: {e.Message} Or give --input, e.g. --input 1,28,28.");
        }
    }

    private static Option<int[]> CreateInput() => new("--input")
    {
        Description = "Shape of one example, for ONNX, e.g. 1,28,28 or 13. Default: that of the job's data, which then have to be there.",
        HelpName = "sides",
        DefaultValueFactory = _ => [],
        CustomParser = ReadShape,
    };

    private static int[]? ReadShape(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var sides = text.Split(',').Select(side => int.TryParse(side, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).ToArray();
        if (sides.Length <= 3 && sides.All(side => side > 0))
            return sides;
        result.AddError($"--input '{text}' is not a shape; give whole numbers above 0 with commas between, e.g. 1,28,28 or 13");
        return null;
    }
}
