using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Data.Files;

/// <summary>
/// The IDX format of Yann LeCun's MNIST page, for unsigned bytes: two zero bytes, the type 0x08, the number of dimensions d,
/// then d sizes as big-endian 32-bit numbers, then the values in row-major order.
/// </summary>
internal static class IdxReader
{
    /// <summary>Reads a whole file.</summary>
    /// <param name="path">Full path, plain or <c>.gz</c>.</param>
    /// <param name="files">Opens it.</param>
    /// <param name="dimensions">How many the file must have: 3 for images, 1 for labels.</param>
    /// <returns>The sizes, [dimensions], each at least 1, and the values, as many as their product.</returns>
    /// <exception cref="DatasetException">Wrong magic number, a size of 0, more or fewer values than the header says.</exception>
    public static (int[] Sizes, byte[] Values) Read(string path, DatasetFiles files, int dimensions)
    {
        using var file = DataFile.Open(path, files);
        var magic = file.ReadInt32("magic number");
        var wanted = 0x0800 | dimensions;
        if (magic != wanted)
            throw file.Fault(0, $"the magic number 0x{wanted:X8} (IDX, unsigned bytes, dimensions: {dimensions})", $"0x{magic:X8}", "Check that this is the right file, and that it is named .gz if and only if it is packed.");

        var sizes = new int[dimensions];
        for (var i = 0; i < dimensions; i++)
            sizes[i] = file.ReadInt32("sizes");

        var values = new byte[LengthOf(file, sizes)];
        file.Read(values, $"values, as the header says {string.Join(" × ", sizes)}");
        file.ReadEnd(string.Join(" × ", sizes) + " values");
        return (sizes, values);
    }

    // The header is checked against the file's real length before anything of its size is allocated.
    private static int LengthOf(DataFile file, int[] sizes)
    {
        var most = Math.Min(file.Capacity - file.Offset, Array.MaxLength);
        long length = 1;
        for (var i = 0; i < sizes.Length; i++)
        {
            var offset = sizeof(int) * (i + 1);
            if (sizes[i] < 1)
                throw file.Fault(offset, "a size of at least 1", $"{sizes[i]}", "The header is damaged or the set is empty: replace the file.");
            length *= sizes[i];
            if (length > most)
                throw file.Fault(offset, $"sizes that fit the {most} values that this file can hold", string.Join(" × ", sizes), "The file is truncated or its header damaged: replace it with a fresh copy.");
        }

        return (int)length;
    }
}
