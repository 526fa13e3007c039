using DistTrain.Torch.Data.Examples;

namespace DistTrain.Torch.Data.Files;

/// <summary>
/// MNIST, and whatever comes in its four files (Fashion-MNIST, KMNIST): greyscale images of one size, ten classes. Each file
/// may be plain or <c>.gz</c>, and its name may have a dot before <c>idx</c>.
/// </summary>
internal static class MnistReader
{
    private const int Classes = 10;
    private const string Remedy = "Put the four MNIST files there (plain or .gz), or correct dataset.path.";
    private static readonly string[] Names = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

    /// <summary>The full paths of the four files.</summary>
    /// <exception cref="DatasetException">One is missing.</exception>
    public static IReadOnlyList<string> FilesIn(string folder)
    {
        return Find(folder, Names);
    }

    /// <param name="paths">What <see cref="FilesIn"/> found.</param>
    /// <param name="files">Opens them.</param>
    /// <exception cref="DatasetException">A file is unsound, or two do not fit each other.</exception>
    public static (ExampleSet Train, ExampleSet Test) Read(IReadOnlyList<string> paths, DatasetFiles files)
    {
        var train = ReadSet(paths[0], paths[1], files);
        var test = ReadSet(paths[2], paths[3], files);
        if (!train.Shape.SequenceEqual(test.Shape))
            throw DatasetException.At(paths[2], "byte 8", $"images of {train.Shape[1]} × {train.Shape[2]} as in {paths[0]}", $"{test.Shape[1]} × {test.Shape[2]}", "Take both files from the same data set.");
        return (train, test);
    }

    /// <summary>The two files of the test set alone.</summary>
    /// <exception cref="DatasetException">A file is missing or unsound, or the two do not fit each other.</exception>
    public static ExampleSet ReadTest(string folder)
    {
        var paths = Find(folder, Names[2..]);
        return ReadSet(paths[0], paths[1], new DatasetFiles(folder));
    }

    private static string[] Find(string folder, string[] names)
    {
        var paths = Array.ConvertAll(names, name => DataFile.Find(folder, name, name.Replace("-idx", ".idx", StringComparison.Ordinal)));
        var missing = names.Where((_, i) => paths[i] is null).ToArray();
        return missing.Length == 0 ? [.. paths.OfType<string>()] : throw DatasetException.Missing(folder, missing, Remedy);
    }

    private static ExampleSet ReadSet(string imagesPath, string labelsPath, DatasetFiles files)
    {
        var (sizes, pixels) = IdxReader.Read(imagesPath, files, dimensions: 3);
        var (counts, labels) = IdxReader.Read(labelsPath, files, dimensions: 1);
        if (counts[0] != sizes[0])
            throw DatasetException.At(labelsPath, "byte 4", $"{sizes[0]} labels, one for each image in {imagesPath}", $"{counts[0]}", "Take both files from the same data set.");

        var wrong = labels.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)(Classes - 1));
        if (wrong >= 0)
            throw DatasetException.At(labelsPath, $"byte {8 + wrong}", $"a label from 0 to {Classes - 1}", $"{labels[wrong]}", "The file is damaged or of another data set: replace it.");
        return ExampleSet.OfPixels([1, sizes[1], sizes[2]], Classes, pixels, Array.ConvertAll(labels, label => (int)label));
    }
}
