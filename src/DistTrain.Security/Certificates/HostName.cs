using System.Net;

namespace DistTrain.Security.Certificates;

/// <summary>
/// A name or address in a certificate, by the rules of those who will compare it with what they called. OpenSSL, and so .NET on Linux, takes a wildcard for the
/// whole first label alone, and only before at least two others: <c>*.server</c> stands for no name at all.
/// </summary>
public static class HostName
{
    private const string Wildcard = "*";
    private const int LongestName = 253;
    private const int LongestLabel = 63;

    /// <summary>Why a certificate can't have it, and what to do; null when it can.</summary>
    public static string? Problem(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        if (IPAddress.TryParse(host, out _))
            return null;
        var labels = host.Split('.');
        var isWild = labels[0] == Wildcard;
        if (host.Length > LongestName || !labels.Skip(isWild ? 1 : 0).All(IsLabel))
        {
            return host.Contains(Wildcard, StringComparison.Ordinal)
                ? $"'{host}': a wildcard is the whole first label, as in *.server.disttrain.svc; name the hosts one by one"
                : $"'{host}' is neither a name (letters, digits, '-', '_' and dots; no port) nor an address";
        }

        return isWild && labels.Length < 3
            ? $"'{host}': OpenSSL takes a wildcard only before two labels or more, so this name would be good for no host; name the hosts one by one, "
                + $"or call them by longer names, such as {host}.disttrain.svc"
            : null;
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= LongestLabel && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') && label[0] != '-' && label[^1] != '-';
}
