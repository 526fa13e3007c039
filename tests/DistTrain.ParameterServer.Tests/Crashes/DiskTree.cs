using System.Security.Cryptography;
using System.Text;

namespace DistTrain.ParameterServer.Tests.Crashes;

/// <summary>Folders (null) and files by path, relative to a root.</summary>
internal sealed class DiskTree
{
    public SortedDictionary<string, byte[]?> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>The same for trees that are the same but for temporary files, which nobody reads.</summary>
    public string Digest
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var (path, bytes) in Entries.Where(e => !e.Key.EndsWith(".tmp", StringComparison.Ordinal)))
            {
                hash.AppendData(Encoding.UTF8.GetBytes($"{path}\0{bytes?.Length ?? -1}\0"));
                hash.AppendData(bytes ?? []);
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
    }

    public void WriteTo(string root)
    {
        foreach (var (path, bytes) in Entries)
        {
            if (bytes is null)
                Directory.CreateDirectory(Path.Combine(root, path));
            else
                File.WriteAllBytes(Path.Combine(root, path), bytes);
        }
    }
}
