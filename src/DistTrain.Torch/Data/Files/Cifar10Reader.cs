using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Data.Files;

/// <summary>
/// CIFAR-10, binary version: records of one label byte and 3072 pixel bytes (1024 red, then green, then blue, each 32 × 32 in
/// row-major order), nothing else in the file. The folder may be the archive's own or its parent.
/// </summary>
internal static class Cifar10Reader
{
    private const int Classes = 10;
    private const int Pixels = 3 * 32 * 32;
    private const int RecordLength = 1 + Pixels;
    private const string ArchiveFolder = "cifar-10-batches-bin";
    private const string TestFile = "test_batch.bin";
    private const string Remedy = "Unpack cifar-10-binary.tar.gz there, or correct dataset.path.";

    /// <summary>The full paths of those of data_batch_1.bin … data_batch_5.bin that are there, in order, and of test_batch.bin.</summary>
    /// <exception cref="DatasetException">No training file, or no test file.</exception>
    public static IReadOnlyList<string> FilesIn(string folder)
    {
        folder = Unpacked(folder);
        var train = Enumerable.Range(1, 5).Select(i => Path.Combine(folder, $"data_batch_{i}.bin")).Where(File.Exists).ToArray();
        var test = Path.Combine(folder, TestFile);
        var missing = new List<string>();
        if (train.Length == 0)
            missing.Add("data_batch_1.bin … data_batch_5.bin (at least one of them)");
        if (!File.Exists(test))
            missing.Add(TestFile);
        return missing.Count == 0 ? [.. train, test] : throw DatasetException.Missing(folder, missing, Remedy);
    }

    /// <summary>test_batch.bin alone.</summary>
    /// <exception cref="DatasetException">It is missing or unsound.</exception>
    public static ExampleSet ReadTest(string folder)
    {
        folder = Unpacked(folder);
        var test = Path.Combine(folder, TestFile);
        return File.Exists(test) ? ReadSet([test], new DatasetFiles(folder)) : throw DatasetException.Missing(folder, [TestFile], Remedy);
    }

    /// <summary>The archive has a folder of its own.</summary>
    private static string Unpacked(string folder) => Path.Combine(folder, ArchiveFolder) is var inner && Directory.Exists(inner) ? inner : folder;

    /// <param name="paths">What <see cref="FilesIn"/> found.</param>
    /// <param name="opener">Opens them.</param>
    /// <exception cref="DatasetException">A file is unsound.</exception>
    public static (ExampleSet Train, ExampleSet Test) Read(IReadOnlyList<string> paths, DatasetFiles opener) =>
        (ReadSet(paths.SkipLast(1), opener), ReadSet(paths.TakeLast(1), opener));

    private static ExampleSet ReadSet(IEnumerable<string> paths, DatasetFiles opener)
    {
        var files = new List<DataFile>();
        try
        {
            foreach (var path in paths)
                files.Add(DataFile.Open(path, opener));

            var count = files.Sum(CountOf);
            if (count > Array.MaxLength / Pixels)
                throw files[0].Fault(0, $"at most {Array.MaxLength / Pixels} examples in all files", $"{count}", "Use fewer files.");

            var pixels = new byte[(int)count * Pixels];
            var labels = new int[count];
            var next = 0;
            foreach (var file in files)
            {
                for (var left = CountOf(file); left > 0; left--, next++)
                    labels[next] = ReadRecord(file, pixels.AsSpan(next * Pixels, Pixels));
            }

            return ExampleSet.OfPixels([3, 32, 32], Classes, pixels, labels);
        }
        finally
        {
            files.ForEach(file => file.Dispose());
        }
    }

    private static long CountOf(DataFile file)
    {
        var (count, rest) = Math.DivRem(file.Capacity, RecordLength);
        if (count == 0 || rest != 0)
            throw file.Fault(count * RecordLength, $"whole records of {RecordLength} bytes, at least one", $"{rest} bytes before the end of the file", "The file is truncated or not the binary version: replace it with a fresh copy.");
        return count;
    }

    private static int ReadRecord(DataFile file, Span<byte> pixels)
    {
        Span<byte> label = stackalloc byte[1];
        file.Read(label, "label");
        if (label[0] >= Classes)
            throw file.Fault(file.Offset - 1, $"a label from 0 to {Classes - 1}", $"{label[0]}", "The file is damaged or not CIFAR-10's binary version: replace it.");
        file.Read(pixels, "pixels");
        return label[0];
    }
}
