using System.Net;
using DistTrain.Protocol.Clients;

namespace DistTrain.Cli.Roles;

/// <summary>
/// Mistakes in the addresses of a cluster that can be seen before anything starts. What only names hide (two of one machine) its processes notice when
/// they meet.
/// </summary>
internal static class ClusterAddresses
{
    /// <summary>All problems of a list of servers, in words for the user.</summary>
    /// <param name="servers">The endpoints, in order.</param>
    /// <param name="own">Where the silo listens itself; port 0: that is the system's choice.</param>
    public static IEnumerable<string> Problems(IReadOnlyList<Endpoint> servers, IPEndPoint own)
    {
        foreach (var twice in servers.GroupBy(Same).Where(named => named.Count() > 1))
            yield return $"--servers names {string.Join(" and ", twice)}, which is one server {twice.Count()} times: name each once";
        foreach (var server in servers)
        {
            if (AddressOf(server) is not { } address)
                continue;
            if (IsAny(address))
                yield return $"--servers {server}: {server.Host} is every address of a machine, for listening: say at which of them the server is reached";
            else if (server.Port == own.Port && (address.Equals(own.Address) || (IPAddress.IsLoopback(address) && IsAny(own.Address))))
                yield return $"--servers {server} is where this silo listens itself: give the --port of a server";
        }
    }

    /// <summary>All problems of the ports that one process listens at, by the options that name them.</summary>
    public static IEnumerable<string> Problems(IEnumerable<BoundPort> ports) => ports
        .Where(own => own.Port > 0)
        .GroupBy(own => own.Port)
        .Where(port => port.Count() > 1)
        .Select(port => $"{string.Join(" and ", port.Select(own => own.Option))} are all {port.Key}: each needs a port of its own");

    private static (string Host, int Port) Same(Endpoint server) =>
        (AddressOf(server)?.ToString() ?? server.Host.TrimEnd('.').ToUpperInvariant(), server.Port);

    private static IPAddress? AddressOf(Endpoint server) =>
        string.Equals(server.Host, "localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback
        : IPAddress.TryParse(server.Host, out var address) ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)
        : null;

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
