using Microsoft.AspNetCore.Http;

namespace DistTrain.Security.Callers;

/// <summary>Whether a browser asks for what changes something out of the process's own page.</summary>
public static class OwnPages
{
    /// <summary>
    /// True where the page that asks came from the name and port that it asks. Browsers say where with every request that may change something; a cookie that
    /// goes to the same site alone would still go with a request of another port of the same host, and a certificate goes with every request.
    /// </summary>
    public static bool IsOwn(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Headers.Origin.ToString() == $"{request.Scheme}://{request.Host}";
    }
}
