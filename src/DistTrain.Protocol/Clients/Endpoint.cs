using System.Diagnostics.CodeAnalysis;

namespace DistTrain.Protocol.Clients;

/// <summary>A host (name, IPv4 address, or IPv6 address without brackets) and a port of 1..65535.</summary>
public readonly record struct Endpoint(string Host, int Port)
{
    /// <summary>Reads <c>host:port</c>; an IPv6 address stands in brackets.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Endpoint endpoint)
    {
        endpoint = default;
        var colon = text?.LastIndexOf(':') ?? -1;
        if (text is null || colon <= 0 || !TryParsePort(text.AsSpan(colon + 1), out var port))
            return false;
        var host = text[..colon];
        if (host is ['[', .., ']'])
            host = host[1..^1];
        else if (host.Contains(':', StringComparison.Ordinal))
            return false;
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
            return false;
        endpoint = new Endpoint(host, port);
        return true;
    }

    /// <summary>host:port, as <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    private static bool TryParsePort(ReadOnlySpan<char> text, out int port) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, null, out port) && port is > 0 and <= 65535;
}
