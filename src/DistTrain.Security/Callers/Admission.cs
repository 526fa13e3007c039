using DistTrain.Security.Access;
using DistTrain.Security.Certificates;

namespace DistTrain.Security.Callers;

/// <summary>Whom a process lets in.</summary>
/// <param name="Certificates">Its own certificate and the authority that callers are judged by; null: it asks nobody, and speaks in the clear.</param>
/// <param name="Access">Who else may come in, and what submitters may have.</param>
public sealed record Admission(CertificateFolder? Certificates, AccessRules Access)
{
    /// <summary>Everybody who reaches the process.</summary>
    public static Admission OfEverybody { get; } = new(null, AccessRules.None);
}
