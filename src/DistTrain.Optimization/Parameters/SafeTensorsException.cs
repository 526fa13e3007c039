namespace DistTrain.Optimization.Parameters;

/// <summary>A safetensors file that is damaged, is not one, or holds other tensors than the model needs.</summary>
public sealed class SafeTensorsException : Exception
{
    /// <param name="file">Path or other name of the file.</param>
    /// <param name="offset">Byte at which the file is not as expected; null when the whole is meant.</param>
    /// <param name="expectation">What was expected there and what was found.</param>
    /// <param name="cause">The error below, if any.</param>
    public SafeTensorsException(string file, long? offset, string expectation, Exception? cause = null)
        : base(offset is null ? $"{file}: {expectation}" : $"{file}, byte {offset}: {expectation}", cause)
    {
        File = file;
        Offset = offset;
    }

    public string File { get; }

    public long? Offset { get; }
}
