using System.Runtime.InteropServices;

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
    private readonly ForeignNames _names;

    /// <param name="stream">Seekable; closed with the reader.</param>
    /// <param name="file">Its name in errors.</param>
    /// <param name="names">What it calls the model's tensors; null: as the model does.</param>
    /// <exception cref="SafeTensorsException">The file does not keep to the format.</exception>
    public SafeTensorsReader(Stream stream, string file, ForeignNames? names = null)
    {
        _stream = stream;
        _file = file;
        _header = SafeTensorsHeader.Read(stream, file);
        _names = names ?? ForeignNames.None;
    }

    /// <summary>Opens a file.</summary>
    /// <exception cref="SafeTensorsException">The file does not keep to the format.</exception>
    /// <exception cref="IOException">The file is not there or not readable.</exception>
    public static SafeTensorsReader Open(string path, ForeignNames? names = null)
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

    /// <summary>All tensors, in the order of their values in the file.</summary>
    public IReadOnlyList<SafeTensor> Tensors => _header.Tensors;

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

    /// <summary>Why its tensors are not those of a model, one line a tensor: missing, left over, of another shape or type, twice with different values.</summary>
    /// <returns>Empty: they are.</returns>
    public IReadOnlyList<string> Differences(ParameterLayout layout)
    {
        var match = TensorMatch.Of(layout, Tensors, _names);
        return [.. TensorDifferences.Of(match), .. match.Places.SelectMany(Unequal)];
    }

    /// <summary>Which of the tensors that have a place in a model have numbers that are not finite: how many, and the name.</summary>
    public IReadOnlyList<string> NotFinite(ParameterLayout layout)
    {
        List<string> wrong = [];
        foreach (var there in TensorMatch.Of(layout, Tensors, _names).Places)
        {
            foreach (var tensor in there.Found.Where(tensor => there.Difference(tensor) is null))
            {
                var count = Values(tensor).Count(value => !float.IsFinite(value));
                if (count > 0)
                    wrong.Add($"{count} in {there.Place.Title(tensor.Name).TrimEnd(',')}");
            }
        }

        return wrong;
    }

    /// <summary>Fills the flat vector of a layout; padding becomes 0.</summary>
    /// <param name="layout">What the model needs; offsets and bucket length may differ from the file's.</param>
    /// <param name="vector">[layout.Length].</param>
    /// <exception cref="SafeTensorsException">The tensors are not the model's; all <see cref="Differences"/> are named. The vector is untouched then.</exception>
    /// <exception cref="ArgumentException">The vector is not of the layout's length.</exception>
    public void Fill(ParameterLayout layout, Span<float> vector)
    {
        if (vector.Length != layout.Length)
            throw new ArgumentException($"the vector has {vector.Length} elements, the layout {layout.Length}", nameof(vector));
        if (Differences(layout) is { Count: > 0 } differences)
            throw new SafeTensorsException(_file, null, $"the file does not fit the model:{Environment.NewLine}  {string.Join(Environment.NewLine + "  ", differences)}");

        vector.Clear();
        foreach (var there in TensorMatch.Of(layout, Tensors, _names).Places)
        {
            var place = there.Place;
            var segment = vector.Slice(place.Ours.Segment.Offset, place.Ours.Segment.Length);
            if (there.Found.Count > 0)
                Fill(place, there.Found[0], segment);
            else if (place.Name.Otherwise is { } value)
                Put([.. Enumerable.Repeat(value, place.Length)], place, segment);
        }
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>What a file has under two names has to be one tensor.</summary>
    private IEnumerable<string> Unequal(TensorFound there)
    {
        if (there.Found.Count < 2 || there.Found.Any(tensor => there.Difference(tensor) is not null))
            yield break;
        var first = Values(there.Found[0]);
        foreach (var other in there.Found.Skip(1).Where(other => !MemoryMarshal.AsBytes(first.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(Values(other).AsSpan()))))
            yield return $"twice: {there.Place.Ours.Name} is {there.Found[0].Name} and {other.Name} of the file, and their values differ";
    }

    private void Fill(TensorPlace place, SafeTensor saved, Span<float> segment)
    {
        if (place.IsAdded)
        {
            Add(Values(saved).AsSpan(0, place.Shape[1]), segment);
            return;
        }

        if (place.Ours.Part == SavedPart.Whole && !place.Name.IsTransposed)
            Read(saved, segment.Slice(place.Offset, place.Length));
        else if (place.Name.IsTransposed)
            Matrix.Transpose(Values(saved), rows: place.Shape[1], segment.Slice(place.Offset, place.Length));
        else
            Put(Values(saved), place, segment);
    }

    private static void Put(float[] values, TensorPlace place, Span<float> segment)
    {
        if (place.Ours.Part == SavedPart.Whole)
        {
            values.CopyTo(segment[place.Offset..]);
            return;
        }

        for (var i = 0; i < values.Length; i++)
            segment[(2 * i) + (place.Ours.Part == SavedPart.Mean ? 0 : 1)] = values[i];
    }

    /// <summary>Where nothing is added, not even the sign of a zero changes.</summary>
    private static void Add(ReadOnlySpan<float> row, Span<float> rows)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            if (row[i % row.Length] != 0)
                rows[i] += row[i % row.Length];
        }
    }

    private float[] Values(SafeTensor saved)
    {
        var values = new float[saved.Shape.Aggregate(1L, (product, side) => checked(product * side))];
        Read(saved, values);
        return values;
    }

    private void Read(SafeTensor saved, Span<float> values)
    {
        _stream.Position = _header.DataStart + saved.Offset;
        TensorTypes.Read(_stream, saved.Type, values);
    }
}
