namespace DistTrain.Optimization.Parameters;

/// <summary>
/// Reads a safetensors file: header and offsets are checked when it is opened, values are read on demand. Files of other
/// programs are welcome as long as they keep to the format; a file is data, nothing in it is ever executed.
/// </summary>
public sealed class SafeTensorsReader : IDisposable
{
    private readonly Stream _stream;
    private readonly string _file;
    private readonly SafeTensorsHeader _header;

    /// <param name="stream">Seekable; closed with the reader.</param>
    /// <param name="file">Its name in errors.</param>
    /// <param name="names">Which of its tensors have other names in the model; null: none.</param>
    /// <exception cref="SafeTensorsException">The file does not keep to the format.</exception>
    public SafeTensorsReader(Stream stream, string file, IReadOnlyList<ForeignName>? names = null)
    {
        _stream = stream;
        _file = file;
        _header = SafeTensorsHeader.Read(stream, file);
        Tensors = ForeignName.Rename(_header.Tensors, names ?? []);
    }

    /// <summary>Opens a file.</summary>
    /// <exception cref="SafeTensorsException">The file does not keep to the format.</exception>
    /// <exception cref="IOException">The file is not there or not readable.</exception>
    public static SafeTensorsReader Open(string path, IReadOnlyList<ForeignName>? names = null)
    {
        var stream = File.OpenRead(path);
        try
        {
            return new SafeTensorsReader(stream, path, names);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The file's own texts, e.g. the job file under <see cref="SafeTensorsWriter.JobKey"/>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>All tensors under the model's names, in the order of their values in the file.</summary>
    public IReadOnlyList<SafeTensor> Tensors { get; }

    /// <summary>The layout that the file was written with, null when another program wrote it.</summary>
    /// <exception cref="SafeTensorsException">The layout in the metadata is damaged.</exception>
    public ParameterLayout? Layout()
    {
        if (!Metadata.TryGetValue(SafeTensorsWriter.LayoutKey, out var text))
            return null;
        try
        {
            return LayoutJson.Read(text);
        }
        catch (FormatException e)
        {
            throw new SafeTensorsException(_file, 8, $"metadata {SafeTensorsWriter.LayoutKey}: {e.Message}", e);
        }
    }

    /// <summary>Fills the flat vector of a layout; padding becomes 0.</summary>
    /// <param name="layout">What the model needs; offsets and bucket length may differ from the file's.</param>
    /// <param name="vector">[layout.Length].</param>
    /// <exception cref="SafeTensorsException">Tensors are missing, unexpected, of another shape or type; all are named. The vector is untouched then.</exception>
    /// <exception cref="ArgumentException">The vector is not of the layout's length.</exception>
    public void Fill(ParameterLayout layout, Span<float> vector)
    {
        if (vector.Length != layout.Length)
            throw new ArgumentException($"the vector has {vector.Length} elements, the layout {layout.Length}", nameof(vector));
        if (TensorDifferences.Between(layout, Tensors) is { Count: > 0 } differences)
            throw new SafeTensorsException(_file, null, $"the file does not fit the model:{Environment.NewLine}  {string.Join(Environment.NewLine + "  ", differences)}");

        vector.Clear();
        var found = Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        foreach (var tensor in SavedTensor.Of(layout))
        {
            Fill(tensor, found[tensor.Name], vector.Slice(tensor.Segment.Offset, tensor.Segment.Length));
        }
    }

    public void Dispose() => _stream.Dispose();

    private void Fill(SavedTensor tensor, SafeTensor saved, Span<float> segment)
    {
        _stream.Position = _header.DataStart + saved.Offset;
        if (tensor.Part == SavedPart.Whole)
        {
            Read(saved, segment);
            return;
        }

        var half = new float[tensor.Length];
        Read(saved, half);
        for (var i = 0; i < half.Length; i++)
            segment[(2 * i) + (tensor.Part == SavedPart.Mean ? 0 : 1)] = half[i];
    }

    private void Read(SafeTensor saved, Span<float> values)
    {
        TensorTypes.Read(_stream, saved.Type, values);
        if (!saved.IsTransposed)
            return;
        var (rows, columns, theirs) = ((int)saved.Shape[0], (int)saved.Shape[1], values.ToArray());
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
                values[(row * columns) + column] = theirs[(column * rows) + row];
        }
    }
}
