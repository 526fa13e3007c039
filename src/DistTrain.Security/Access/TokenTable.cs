using System.Security.Cryptography;
using System.Text;

namespace DistTrain.Security.Access;

/// <param name="Name">Whose it is.</param>
/// <param name="Role">One of <see cref="CallerRoles"/>.</param>
/// <param name="Digest">SHA-256 of the token's UTF-8 bytes: the file gives nobody a token.</param>
public sealed record KnownToken(string Name, string Role, byte[] Digest);

/// <summary>The cluster's bearer tokens.</summary>
public sealed class TokenTable(IReadOnlyList<KnownToken> tokens)
{
    /// <summary>Whose token this is, or null. Takes as long whichever it is, and when it is none: it compares with all, by digests.</summary>
    public KnownToken? Find(string token)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(token), digest);
        KnownToken? found = null;
        foreach (var known in tokens)
        {
            if (CryptographicOperations.FixedTimeEquals(digest, known.Digest))
                found = known;
        }

        return found;
    }

    /// <summary>Somebody of this name has a token for this role.</summary>
    public bool Has(string name, string role) => tokens.Any(known => known.Name == name && known.Role == role);
}
