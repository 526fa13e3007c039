using System.Runtime.InteropServices;
using DistTrain.Protocol.Onnx;
using DistTrain.Torch.Passes;
using Google.Protobuf;

namespace DistTrain.Cli.Evaluation;

/// <summary>
/// A trained model as an ONNX file: from examples, float32 [batch, …] or of tokens int64 [batch, tokens], and a mask of their padding if the model asks for
/// it, to scores, float32 [batch, …, classes].
/// </summary>
internal static class OnnxFile
{
    /// <summary>Of the format that came with the set of operators.</summary>
    private const int FormatVersion = 8;

    /// <summary>What one message of Protocol Buffers may have, less what is not weights.</summary>
    private const long LargestWeights = int.MaxValue - (16 << 20);

    /// <summary>Writes the model; the same bytes for the same arguments.</summary>
    /// <param name="stream">Written from its position on; not closed.</param>
    /// <param name="graph">The model.</param>
    /// <param name="outputs">Shape of an example's scores.</param>
    /// <param name="metadata">Entries for whoever reads the file, e.g. the job that the weights are of.</param>
    /// <exception cref="ModelException">The weights are more than a file of this format can have, 2 GiB.</exception>
    public static void Write(Stream stream, OperatorGraph graph, IReadOnlyList<int> outputs, IReadOnlyDictionary<string, string> metadata)
    {
        var bytes = graph.Constants.Sum(constant => (4L * constant.Values.Length) + (8L * constant.Numbers.Length));
        if (bytes > LargestWeights)
            throw new ModelException($"the weights take {bytes:N0} bytes, and an ONNX file can have 2 GiB; take --to safetensors");
        var file = new ModelProto { IrVersion = FormatVersion, ProducerName = "disttrain", Graph = new GraphProto { Name = "disttrain" } };
        file.OpsetImport.Add(new OperatorSetIdProto { Version = OperatorGraph.OperatorSet });
        file.Graph.Input.Add(Described(OperatorGraph.Input, graph.InputShape, graph.HasTokens ? TensorProto.Types.DataType.Int64 : TensorProto.Types.DataType.Float));
        if (graph.HasMask)
            file.Graph.Input.Add(Described(OperatorGraph.Mask, graph.InputShape, TensorProto.Types.DataType.Int64));
        file.Graph.Output.Add(Described(OperatorGraph.Output, outputs, TensorProto.Types.DataType.Float));
        file.Graph.Initializer.AddRange(graph.Constants.Select(TensorOf));
        file.Graph.Node.AddRange(graph.Operators.Select(NodeOf));
        file.MetadataProps.AddRange(metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }));
        file.WriteTo(stream);
    }

    /// <summary>Of any number of examples.</summary>
    private static ValueInfoProto Described(string name, IReadOnlyList<int> shape, TensorProto.Types.DataType type)
    {
        var sides = new TensorShapeProto { Dim = { new TensorShapeProto.Types.Dimension { DimParam = "batch" } } };
        sides.Dim.AddRange(shape.Select(side => new TensorShapeProto.Types.Dimension { DimValue = side }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = sides } } };
    }

    private static TensorProto TensorOf(GraphConstant constant)
    {
        var isWhole = constant.Numbers.Length > 0;
        // Little-endian, as the processors that libtorch runs on have them.
        var bytes = isWhole ? MemoryMarshal.AsBytes(constant.Numbers.AsSpan()) : MemoryMarshal.AsBytes(constant.Values.AsSpan());
        return new TensorProto
        {
            Name = constant.Name,
            Dims = { constant.Shape },
            DataType = isWhole ? TensorProto.Types.DataType.Int64 : TensorProto.Types.DataType.Float,
            RawData = ByteString.CopyFrom(bytes),
        };
    }

    private static NodeProto NodeOf(GraphOperator step) => new()
    {
        OpType = step.Type,
        Name = step.Output,
        Input = { step.Inputs },
        Output = { step.Output },
        Attribute = { step.Attributes.Select(attribute => AttributeOf(attribute.Name, attribute.Value)) },
    };

    private static AttributeProto AttributeOf(string name, object value) => value switch
    {
        float number => new AttributeProto { Name = name, Type = AttributeProto.Types.Type.Float, F = number },
        long whole => new AttributeProto { Name = name, Type = AttributeProto.Types.Type.Int, I = whole },
        long[] list => new AttributeProto { Name = name, Type = AttributeProto.Types.Type.Ints, Ints = { list } },
        _ => throw new ArgumentException($"attribute {name} is a {value.GetType().Name}", nameof(value)),
    };
}
