using System.Security.Cryptography;
using System.Text;

namespace DistTrain.Operator.Resources;

/// <summary>
/// The id of an object's job. It is a function of namespace, name and uid: an operator that begins anew finds the job that it submitted, and an object that is
/// deleted and made again under its name is another job.
/// </summary>
internal static class ResourceJobId
{
    private const int DigestLength = 12;

    public static string Of(JobResource resource)
    {
        var metadata = resource.Metadata;
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes($"{metadata.NamespaceProperty}/{metadata.Name}/{metadata.Uid}"));
        return $"{metadata.Name}-{Convert.ToHexStringLower(digest)[..DigestLength]}";
    }
}
