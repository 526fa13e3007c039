using DistTrain.Security.Certificates;

namespace DistTrain.Protocol.Clients;

/// <summary>Where a cluster takes calls, and as whom this client makes them.</summary>
/// <param name="Endpoint">A worker silo.</param>
/// <param name="Certificates">What the client shows and whom it trusts; null: see <paramref name="TokenFile"/>.</param>
/// <param name="TokenFile">File with a bearer token, read for each call; without certificates the silo's has to be one that the machine trusts. Null and no
/// certificates: in the clear.</param>
public sealed record FrontDoor(Endpoint Endpoint, CertificateFolder? Certificates = null, string? TokenFile = null)
{
    /// <summary>For a channel.</summary>
    public Uri Address => new($"{(IsSecure ? "https" : "http")}://{Endpoint}");

    /// <summary>It is called by TLS.</summary>
    public bool IsSecure { get; init; } = Certificates is not null || TokenFile is not null;

    /// <summary>Gives a bearer token for each call, in place of <see cref="TokenFile"/>; null: that one.</summary>
    public Func<CancellationToken, ValueTask<string>>? Token { get; init; }
}
