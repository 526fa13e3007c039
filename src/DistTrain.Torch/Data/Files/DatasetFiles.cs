using System.Security.Cryptography;

namespace DistTrain.Torch.Data.Files;

/// <summary>The files of a dataset, and the digest of each that was read.</summary>
/// <param name="folder">Full path of the dataset's folder.</param>
internal sealed class DatasetFiles(string folder)
{
    private readonly Dictionary<string, string> _digests = [];

    /// <summary>SHA-256, lower-case hex, by the file's path in the folder.</summary>
    public IReadOnlyDictionary<string, string> Digests => _digests;

    /// <summary>Opens a file to be read once, from front to back.</summary>
    /// <exception cref="IOException">It can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be.</exception>
    public Stream Open(string path) => new DigestStream(File.OpenRead(path), digest => _digests[NameOf(path)] = digest);

    /// <summary>The digest that a file has now; null where it can't be read.</summary>
    public static string? DigestOf(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The path in the folder.</summary>
    public string NameOf(string path) => Path.GetRelativePath(folder, path);
}
